import { readFile, stat } from "node:fs/promises";
import { CorruptFileError } from "./corrupt_file_error.ts";

/** Longest file that is read by default. */
const TEXT_BYTES_MAX = 256 * 2 ** 20;

/**
 * Reads a text file; returns undefined if it does not exist.
 *
 * @param bytesMax Longest file that is read; by default longer than any such file of a model or run.
 * @throws CorruptFileError when it is longer, or a directory.
 */
export async function readTextIfAny(
  path: string,
  bytesMax: number = TEXT_BYTES_MAX,
): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new CorruptFileError(`Cannot read ${path}: it is a directory`);
    if (found.size > bytesMax) {
      throw new CorruptFileError(
        `Cannot read ${path}: it has ${found.size} bytes, want at most ${bytesMax}`,
      );
    }
    return await readFile(path, "utf8");
  } catch (cause) {
    // ENOTDIR: a parent in the path is not a directory.
    if (/^(ENOENT|ENOTDIR)$/.test((cause as { code?: string }).code ?? "")) return undefined;
    throw cause;
  }
}
