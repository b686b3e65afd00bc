import { join } from "node:path";

/** Another process is using a directory. */
export class DirectoryInUseError extends Error {
  override readonly name = "DirectoryInUseError";
}

/**
 * Locks a run's directory for this process. The operating system holds the lock, so it ends with the process,
 * however the process ends.
 *
 * @throws DirectoryInUseError when another process holds the lock.
 */
export function lockDirectory(directory: string): Disposable {
  const file = Deno.openSync(join(directory, ".lock"), { create: true, write: true });
  if (file.tryLockSync(true)) return { [Symbol.dispose]: () => file.close() };
  file.close();
  throw new DirectoryInUseError(`Cannot use ${directory}: another process is training in it`);
}
