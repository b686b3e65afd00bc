/** A file with invalid content. It is not used any further. */
export class CorruptFileError extends Error {
  override readonly name = "CorruptFileError";
}
