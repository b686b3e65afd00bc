import { readFile, stat } from "node:fs/promises";
import { CorruptFileError } from "./corrupt_file_error.ts";

/** Longest text that is read. */
const TEXT_BYTES_MAX = 256 * 2 ** 20;

/**
 * Text of a file; undefined where there is none.
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
    // Nor is there one below what is no directory.
    if (/^(ENOENT|ENOTDIR)$/.test((cause as { code?: string }).code ?? "")) return undefined;
    throw cause;
  }
}
