/**
 * Input that cannot be used: a file, a text, or a value that somebody chose. A RangeError that is none is a
 * mistake of this program.
 */
export class InputError extends RangeError {
  override readonly name = "InputError";
}
