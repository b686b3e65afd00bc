import { CorruptFileError } from "./corrupt_file_error.ts";

/**
 * An object from the text of a file.
 *
 * @param path Named in errors.
 * @throws CorruptFileError when it is not JSON, or no object.
 */
export function parseJsonObject(path: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CorruptFileError(`Cannot read ${path}: it is not JSON`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CorruptFileError(`Cannot read ${path}: it is not a JSON object`);
  }
  return value as Record<string, unknown>;
}
