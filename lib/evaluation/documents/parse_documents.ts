import { jsonField, jsonLines, jsonList } from "../columns/json_rows.ts";
import { parquetRows } from "../columns/parquet_rows.ts";
import { type Document, DocumentError } from "./document.ts";

/** Document formats by file extension. */
export const DOCUMENT_FORMATS: Readonly<
  Record<
    string,
    (bytes: Uint8Array<ArrayBuffer>, field?: string) => Document[] | Promise<Document[]>
  >
> = { parquet: parquetRows, jsonl: parseJson, json: parseJson };

/**
 * Parses the documents of a file.
 *
 * @param name File name; its extension determines the format, and errors quote it.
 * @param wanted Format, if known; `json` covers both lists and lines.
 * @param field Key of the rows in a JSON object.
 * @throws DocumentError if the content does not match the format.
 */
export async function parseDocuments(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  wanted?: string,
  field?: string,
): Promise<Document[]> {
  const ending = wanted ?? name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  const format = ending === "txt" && wanted
    ? parseText
    : Object.hasOwn(DOCUMENT_FORMATS, ending)
    ? DOCUMENT_FORMATS[ending]
    : undefined;
  if (!format) {
    throw new DocumentError(
      `Cannot read documents from ${name}: want a name that ends in ${
        Object.keys(DOCUMENT_FORMATS).map((end) => `.${end}`).join(", ")
      }`,
    );
  }
  try {
    return await format(bytes, field);
  } catch (cause) {
    throw new DocumentError(`Cannot read documents from ${name}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Parses text lines as rows with the key `text`. */
function parseText(bytes: Uint8Array): Document[] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const lines = decoder.decode(bytes).split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((text) => ({ text }));
}

/** Parses rows of JSON: lines, a list, or the list under a key. */
function parseJson(bytes: Uint8Array, field?: string): Document[] {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  if (field !== undefined) return jsonField(text, field);
  if (/^\s+\[/.test(text)) throw new RangeError("it begins with space, want [ or {");
  return text.startsWith("[") ? jsonList(text) : jsonLines(text);
}
