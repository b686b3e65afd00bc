import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { setImmediate } from "node:timers/promises";
import { compressors } from "hyparquet-compressors";
import { type Document, DocumentError } from "./document.ts";

/** Most rows that a file may have. */
const ROWS_MAX = 5_000_000;

/** Formats by the end of a file's name. */
export const DOCUMENT_FORMATS: Readonly<
  Record<string, (bytes: Uint8Array<ArrayBuffer>) => Document[] | Promise<Document[]>>
> = { parquet: parseParquet, jsonl: parseJsonLines, json: parseJson };

/**
 * Documents of a file.
 *
 * @param name Its name, whose end tells the format; errors quote it.
 * @throws DocumentError when it is not what its name says.
 */
export async function parseDocuments(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Document[]> {
  const format = DOCUMENT_FORMATS[name.slice(name.lastIndexOf(".") + 1)];
  if (!format) {
    throw new DocumentError(
      `Cannot read documents from ${name}: want a name that ends in ${
        Object.keys(DOCUMENT_FORMATS).map((end) => `.${end}`).join(", ")
      }`,
    );
  }
  try {
    return await format(bytes);
  } catch (cause) {
    throw new DocumentError(`Cannot read documents from ${name}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function parseJsonLines(bytes: Uint8Array): Document[] {
  const lines = new TextDecoder("utf-8", { fatal: true }).decode(bytes).split(/\r?\n/);
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    try {
      return [checkRow(JSON.parse(line))];
    } catch (cause) {
      throw new RangeError(`line ${index + 1}: ${(cause as Error).message}`, { cause });
    }
  });
}

function parseJson(bytes: Uint8Array): Document[] {
  const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (!Array.isArray(value)) throw new RangeError("it is not a list of objects");
  return value.map(checkRow);
}

async function parseParquet(bytes: Uint8Array<ArrayBuffer>): Promise<Document[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const metadata = parquetMetadata(file);
  if (metadata.num_rows > BigInt(ROWS_MAX)) {
    throw new RangeError(`it says that it has ${metadata.num_rows} rows, want at most ${ROWS_MAX}`);
  }
  const rows = await watched(() => parquetReadObjects({ file, metadata, compressors }));
  return rows.map((row) => checkRow(plainValue(row)));
}

/**
 * Of several columns that are damaged the library tells the first, and leaves the others as rejections that
 * nobody waits for, which would end the program.
 */
async function watched<Value>(body: () => Promise<Value>): Promise<Value> {
  const quiet = (event: Event) => event.preventDefault();
  addEventListener("unhandledrejection", quiet);
  try {
    return await body();
  } finally {
    await setImmediate();
    removeEventListener("unhandledrejection", quiet);
  }
}

/** Whole numbers come as bigint, which neither JSON nor arithmetic takes. */
function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (ArrayBuffer.isView(value)) {
    return Array.from(value as unknown as Iterable<unknown>, plainValue);
  }
  if (typeof value !== "object" || value === null || value instanceof Date) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainValue(each)]));
}

function checkRow(row: unknown): Document {
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return row as Document;
  throw new RangeError(`a row is ${JSON.stringify(row)?.slice(0, 80)}, want an object`);
}
