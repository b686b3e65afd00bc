import { readFile, stat } from "node:fs/promises";
import { CorruptFileError } from "./corrupt_file_error.ts";

/** Longest text that is read. */
const TEXT_BYTES_MAX = 256 * 2 ** 20;

/**
 * Text of a file; undefined where there is none.
 *
 * @throws CorruptFileError when it is longer than any such file of a model or run.
 */
export async function readTextIfAny(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > TEXT_BYTES_MAX) {
      throw new CorruptFileError(
        `Cannot read ${path}: it has ${size} bytes, want at most ${TEXT_BYTES_MAX}`,
      );
    }
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return undefined;
    throw cause;
  }
}
