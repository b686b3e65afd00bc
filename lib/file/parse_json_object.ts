import { CorruptFileError } from "./corrupt_file_error.ts";

/**
 * Parses the text of a file as a JSON object.
 *
 * @param path Named in errors.
 * @throws CorruptFileError when it is not JSON, or not an object.
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
