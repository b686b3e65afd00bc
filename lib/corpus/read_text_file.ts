import { stat } from "node:fs/promises";
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
 * Documents of a file: a `.txt` file (or any other) is one, a `.jsonl` file one a line under the key `text`;
 * a `.npy` file holds tokens already.
 *
 * @throws UnusableTextError when a file cannot be read, is empty, or is not UTF-8.
 */
export async function readTextFile(path: string): Promise<string[] | Uint32Array<ArrayBuffer>> {
  const bytes = await readBytes(path);
  if (path.endsWith(".npy")) return parseShard(path, bytes);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UnusableTextError(`Cannot read text ${path}: it is not UTF-8`, { cause });
  }
  return path.endsWith(".jsonl") ? parseLines(path, text) : [text];
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
