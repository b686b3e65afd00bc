/** A computation came to NaN or infinity: training diverged, or weights are damaged. */
export class NotFiniteError extends Error {
  override readonly name = "NotFiniteError";
}
