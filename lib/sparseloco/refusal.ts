/**
 * Why a peer's submission is not used. Reasons are part of the event log and of scores, so they are names
 * and not sentences.
 */
export type RefusalReason =
  | "missing"
  | "unreadable"
  | "too-early"
  | "too-late"
  | "malformed-manifest"
  | "wrong-signature"
  | "wrong-run"
  | "wrong-window"
  | "wrong-uid"
  | "oversized"
  | "wrong-length"
  | "wrong-hash"
  | "not-a-submission"
  | "unsupported-version"
  | "wrong-shape"
  | "wrong-topk"
  | "truncated"
  | "trailing-bytes"
  | "bad-coding"
  | "index-out-of-range"
  | "duplicate-index"
  | "code-out-of-range"
  | "non-finite-levels"
  | "oversized-levels"
  | "implausible-norm";

/** A submission that is refused. One peer's refusal never stops the others. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  /**
   * @param reason Name of the rule that was broken.
   * @param detail Value met and value wanted.
   */
  constructor(readonly reason: RefusalReason, readonly detail: string) {
    super(`Refused submission: ${reason}: ${detail}`);
  }
}
