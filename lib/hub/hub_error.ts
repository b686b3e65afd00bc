/** Reason for a failed request to the hub. */
export type HubErrorKind = "missing" | "forbidden" | "unavailable" | "corrupt";

/** A request to the hub that failed and is not retried. */
export class HubError extends Error {
  override readonly name = "HubError";

  /** @param kind Reason, by which callers choose how to handle it. */
  constructor(message: string, readonly kind: HubErrorKind, options?: ErrorOptions) {
    super(message, options);
  }
}
