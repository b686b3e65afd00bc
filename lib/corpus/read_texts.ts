import { stat } from "node:fs/promises";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { CorruptFileError } from "../checkpoint/corrupt_file_error.ts";
import { parseNpy } from "./npy.ts";

/** Largest text: a JavaScript string holds no more. Larger corpora come as token shards. */
const TEXT_BYTES_MAX = 2 ** 29 - 25;
/** Largest token shard that is read whole. */
const SHARD_BYTES_MAX = 2 ** 32;

/** Text that cannot be trained on. */
export class UnusableTextError extends Error {
  override readonly name = "UnusableTextError";
}

/**
 * Tokens of files, the end-of-text token behind each document: a `.txt` file (or any other) is one document,
 * a `.jsonl` file one a line under the key `text`; a `.npy` file holds tokens already.
 *
 * @throws UnusableTextError when a file cannot be read, is empty, or is not UTF-8.
 */
export async function readTexts(
  paths: readonly string[],
  tokenizer: Tokenizer,
): Promise<Uint32Array<ArrayBuffer>> {
  const parts: Uint32Array[] = [];
  for (const path of paths) {
    for (const part of await readFileTokens(path, tokenizer)) parts.push(part);
  }
  const tokens = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    tokens.set(part, at);
    at += part.length;
  }
  return tokens;
}

async function readFileTokens(path: string, tokenizer: Tokenizer): Promise<Uint32Array[]> {
  const bytes = await readBytes(path);
  if (path.endsWith(".npy")) return [checkIds(path, parseShard(path, bytes), tokenizer)];
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UnusableTextError(`Cannot read text ${path}: it is not UTF-8`, { cause });
  }
  const documents = path.endsWith(".jsonl") ? parseLines(path, text) : [text];
  const end = Uint32Array.of(tokenizer.endOfText);
  return documents.flatMap((document) => [
    checkIds(path, Uint32Array.from(tokenizer.encode(document)), tokenizer),
    end,
  ]);
}

function parseShard(path: string, bytes: Uint8Array): Uint32Array {
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
  const bytesMax = path.endsWith(".npy") ? SHARD_BYTES_MAX : TEXT_BYTES_MAX;
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
    let document: unknown;
    try {
      document = (JSON.parse(line) as { text?: unknown } | null)?.text;
    } catch {
      // Told below, with the line's number.
    }
    if (typeof document !== "string") {
      throw new UnusableTextError(
        `Cannot read text ${path}: line ${index + 1} has no "text", want {"text": "..."}`,
      );
    }
    return [document];
  });
}

function checkIds(path: string, tokens: Uint32Array, { vocabularySize }: Tokenizer): Uint32Array {
  const wrong = tokens.find((id) => id >= vocabularySize);
  if (wrong !== undefined) {
    throw new UnusableTextError(
      `Cannot use text ${path}: it holds token ${wrong}, want less than ${vocabularySize}`,
    );
  }
  return tokens;
}
