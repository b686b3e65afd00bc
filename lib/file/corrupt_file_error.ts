/** A file that is not what it says. The file is not used any further. */
export class CorruptFileError extends Error {
  override readonly name = "CorruptFileError";
}
