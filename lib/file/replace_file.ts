import { open, rename, unlink } from "node:fs/promises";

/**
 * Writes a file so that at every moment either the old or the new content is there whole, also after a
 * crash: into a neighbour first, to disk, then renamed.
 *
 * @throws the error of the file system (a full disk, say); the old file is then untouched.
 */
export async function replaceFile(path: string, parts: (Uint8Array | string)[]): Promise<void> {
  const temporary = `${path}.tmp`;
  const handle = await open(temporary, "w");
  try {
    for (const part of parts) {
      const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
      for (let at = 0; at < bytes.length;) {
        at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
      }
    }
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } catch (cause) {
    await handle.close().catch(() => {});
    await unlink(temporary).catch(() => {});
    // ENOSPC does not name the file; say which one it was.
    if (cause instanceof Error && !cause.message.includes(path)) cause.message += ` (${path})`;
    throw cause;
  }
}
