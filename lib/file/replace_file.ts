import { open, rename, unlink } from "node:fs/promises";

/**
 * Writes a file so that at every moment either the old or the new content is there whole, also after a
 * crash: into a neighbour first, to disk, then renamed.
 *
 * @param parts Content, in order; the next one is asked for while one is written.
 * @throws the error of the file system (a full disk, say), or of the parts; the old file is then untouched.
 */
export async function replaceFile(
  path: string,
  parts: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
): Promise<void> {
  const temporary = `${path}.tmp`;
  const handle = await open(temporary, "w");
  let written = Promise.resolve();
  try {
    const write = async (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length;) {
        at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
      }
    };
    // The next part is made while this one is written.
    for await (const part of parts) {
      await written;
      written = write(typeof part === "string" ? new TextEncoder().encode(part) : part);
      written.catch(() => {}); // thrown by the next wait
    }
    await written;
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } catch (cause) {
    await written.catch(() => {});
    await handle.close().catch(() => {});
    await unlink(temporary).catch(() => {});
    // ENOSPC errors do not name the file; add its path.
    const isSystem = cause instanceof Error && "code" in cause;
    if (isSystem && !cause.message.includes(path)) cause.message += ` (${path})`;
    throw cause;
  }
}
