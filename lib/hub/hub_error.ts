/** Why the hub did not give what was asked for. */
export type HubErrorKind = "missing" | "forbidden" | "unavailable" | "corrupt";

/** A request to the hub that failed for good. */
export class HubError extends Error {
  override readonly name = "HubError";

  /** @param kind What a caller can do about it. */
  constructor(message: string, readonly kind: HubErrorKind, options?: ErrorOptions) {
    super(message, options);
  }
}
