/**
 * Reason for refusing a peer's submission. Reasons are part of the event log and of scores, so they are
 * names, not sentences.
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

/** A refused submission. Refusing one peer never stops the others. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  /**
   * @param reason Name of the rule that was broken.
   * @param detail Actual value and expected value.
   */
  constructor(readonly reason: RefusalReason, readonly detail: string) {
    super(`Refused submission: ${reason}: ${detail}`);
  }
}
