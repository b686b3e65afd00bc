import { type FileHandle, open } from "node:fs/promises";
import { CorruptFileError } from "../file/corrupt_file_error.ts";

/** Reads ranges of files, each of which is opened once. */
export class FileReader {
  readonly #files = new Map<string, Promise<FileHandle>>();

  /**
   * Bytes from `start` up to `end` of a file.
   *
   * @throws CorruptFileError when the file ends before.
   */
  async read(path: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = await this.#open(path);
    const bytes = new Uint8Array(end - start);
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
      if (bytesRead === 0) {
        throw new CorruptFileError(`Cannot read ${path}: it ends at byte ${start + at}`);
      }
      at += bytesRead;
    }
    return bytes;
  }

  /** Length of a file, bytes. */
  async size(path: string): Promise<number> {
    return (await (await this.#open(path)).stat()).size;
  }

  #open(path: string): Promise<FileHandle> {
    let opened = this.#files.get(path);
    if (!opened) this.#files.set(path, opened = open(path, "r"));
    return opened;
  }

  /** Closes all files. */
  async close(): Promise<void> {
    const files = await Promise.allSettled(this.#files.values());
    this.#files.clear();
    for (const file of files) if (file.status === "fulfilled") await file.value.close();
  }
}
