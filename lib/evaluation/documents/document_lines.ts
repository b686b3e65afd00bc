import { pythonJson } from "../../python/python_json.ts";
import { type Document, DocumentError } from "./document.ts";
import { jsonLines } from "../columns/json_rows.ts";
/**
 * Documents as lines of JSON that are read as the same documents.
 *
 * @param name Task of the documents, for errors.
 * @throws DocumentError when JSON does not carry them: a NaN, say, or a text that would be read as a date.
 */
export function documentLines(name: string, rows: readonly Document[]): string[] {
  const lines = rows.map((row) => pythonJson(row) + "\n");
  const again = readAgain(lines);
  // One that cannot be read at all is found by itself; what it does to the others is seen from all of them.
  const alone = again ? -1 : lines.findIndex((line) => !readAgain([line]));
  const differs = again ? lines.findIndex((line, i) => again[i] !== line) : Math.max(0, alone);
  if (differs < 0) return lines;
  throw new DocumentError(
    `Cannot write the documents of ${name}: JSON does not carry what document ${differs} holds; copy its files instead`,
  );
}

/** The lines of what is read from lines; undefined where they cannot be read. */
function readAgain(lines: readonly string[]): string[] | undefined {
  if (lines.length === 0) return [];
  try {
    return jsonLines(lines.join("")).map((row) => pythonJson(row) + "\n");
  } catch {
    return undefined;
  }
}
