import { COMMITMENT_BYTES_MAX, type Weight } from "./chain.ts";

/** @throws RangeError when a hotkey is not 64 hexadecimal digits. */
export function checkHotkey(hotkey: string): void {
  if (/^[0-9a-f]{64}$/.test(hotkey)) return;
  throw new RangeError(`Cannot register hotkey: "${hotkey}", want 64 hexadecimal digits`);
}

/** @throws RangeError when a commitment is too long. */
export function checkCommitment(text: string): void {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= COMMITMENT_BYTES_MAX) return;
  throw new RangeError(`Cannot commit: ${bytes} bytes, want at most ${COMMITMENT_BYTES_MAX}`);
}

/** @throws RangeError for a uid that is not registered, or a weight outside 0 to 1. */
export function checkWeights(weights: readonly Weight[], known: ReadonlySet<number>): void {
  const wrong = weights.find(({ uid, weight }) => !known.has(uid) || !(weight >= 0 && weight <= 1));
  if (!wrong) return;
  throw new RangeError(
    `Cannot set weights: uid ${wrong.uid} gets ${wrong.weight}, want a registered uid and 0 to 1`,
  );
}
