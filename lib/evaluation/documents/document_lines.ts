import { pythonJson } from "../../python/python_json.ts";
import { type Document, DocumentError } from "./document.ts";
import { jsonLines } from "../columns/json_rows.ts";
/**
 * Serializes documents as JSON lines that read back as the same documents.
 *
 * @param name Name of the documents' task, for errors.
 * @throws DocumentError if JSON cannot represent them, such as a NaN or a text that would be read as a date.
 */
export function documentLines(name: string, rows: readonly Document[]): string[] {
  const lines = rows.map((row) => pythonJson(row) + "\n");
  const again = readAgain(lines);
  // An unreadable document is found by reading each alone; its effect on the others, by reading all together.
  const alone = again ? -1 : lines.findIndex((line) => !readAgain([line]));
  const differs = again ? lines.findIndex((line, i) => again[i] !== line) : Math.max(0, alone);
  if (differs < 0) return lines;
  throw new DocumentError(
    `Cannot write the documents of ${name}: JSON cannot represent document ${differs}; copy its files instead`,
  );
}

/** Reads lines and serializes them again; undefined if they cannot be read. */
function readAgain(lines: readonly string[]): string[] | undefined {
  if (lines.length === 0) return [];
  try {
    return jsonLines(lines.join("")).map((row) => pythonJson(row) + "\n");
  } catch {
    return undefined;
  }
}
