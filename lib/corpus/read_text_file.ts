import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import { parseNpy } from "./npy.ts";
import { type TextFormat, textFormat } from "./text_format.ts";

/** Maximum length of a JavaScript string, and so of a text. Larger corpora come as token shards. */
const TEXT_BYTES_MAX = 2 ** 29 - 25;
/** Maximum size of a token shard, which is read whole. */
const SHARD_BYTES_MAX = 2 ** 32;

/** Text that cannot be trained on. */
export class UnusableTextError extends Error {
  override readonly name = "UnusableTextError";
}

/**
 * Reads the documents of a file: a text is one document; JSON lines hold one per line under the key `text`, a
 * JSON list one per item; a `.npy` file holds tokens instead. See {@linkcode textFormat}.
 *
 * @throws UnusableTextError if the file cannot be read, is empty, or is not text.
 */
export async function readTextFile(name: string): Promise<string[] | Uint32Array<ArrayBuffer>> {
  const path = resolve(name);
  const bytes = await readBytes(path);
  const format = formatOf(path, bytes);
  if (format === "shard") return parseShard(path, bytes);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UnusableTextError(`Cannot read text ${path}: it is not UTF-8`, { cause });
  }
  if (format === "text") return [text];
  return format === "lines" ? parseLines(path, text) : parseList(path, text);
}

function formatOf(path: string, bytes: Uint8Array): TextFormat {
  try {
    return textFormat(path, bytes);
  } catch (cause) {
    throw new UnusableTextError(`Cannot read text ${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Reads the tokens of a `.npy` file.
 *
 * @throws CorruptFileError naming the file.
 */
export async function readShard(path: string): Promise<Uint32Array<ArrayBuffer>> {
  return parseShard(path, await Deno.readFile(path));
}

function parseShard(path: string, bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  try {
    return parseNpy(bytes);
  } catch (cause) {
    throw new CorruptFileError(`${(cause as Error).message} (${path})`, { cause });
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  const stats = await stat(path).catch((cause) => {
    throw new UnusableTextError(
      `Cannot read text ${path}: ${
        cause.code === "ENOENT" ? "there is no such file" : cause.message
      }`,
      { cause },
    );
  });
  if (!stats.isFile()) throw new UnusableTextError(`Cannot read text ${path}: it is not a file`);
  if (stats.size === 0) throw new UnusableTextError(`Cannot read text ${path}: it is empty`);
  const bytesMax = /\.npy$/i.test(path) ? SHARD_BYTES_MAX : TEXT_BYTES_MAX;
  if (stats.size > bytesMax) {
    throw new UnusableTextError(
      `Cannot read text ${path}: it has ${stats.size} bytes, want at most ${bytesMax}`,
    );
  }
  return await Deno.readFile(path);
}

function parseLines(path: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const document = textOf(parsed(line));
    if (document === undefined) {
      throw new UnusableTextError(
        `Cannot read text ${path}: line ${index + 1} has no "text", want {"text": "..."}`,
      );
    }
    return [document];
  });
}

/** Returns the texts of a JSON list: its items, or their values under `text`. */
function parseList(path: string, text: string): string[] {
  const list = parsed(text);
  const documents = Array.isArray(list) ? list.map((item) => textOf(item)) : [undefined];
  const wrong = documents.indexOf(undefined);
  if (wrong < 0) return documents as string[];
  const where = Array.isArray(list)
    ? `item ${wrong} of its list has no text`
    : "it is not a JSON list";
  throw new UnusableTextError(
    `Cannot read text ${path}: ${where}, want [{"text": "..."}, ...]; name it .txt to read it as plain text`,
  );
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === "string" ? value : (value as { text?: unknown } | null)?.text;
  return typeof text === "string" ? text : undefined;
}

/** Parses JSON; undefined if it is malformed. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
