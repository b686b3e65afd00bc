import { join } from "node:path";

/** Another process works in a directory. */
export class DirectoryInUseError extends Error {
  override readonly name = "DirectoryInUseError";
}

/**
 * Takes a run's directory for this process. The lock is the operating system's, so it ends with the process
 * however that ends.
 *
 * @throws DirectoryInUseError when another process has it.
 */
export function lockDirectory(directory: string): Disposable {
  const file = Deno.openSync(join(directory, ".lock"), { create: true, write: true });
  if (file.tryLockSync(true)) return { [Symbol.dispose]: () => file.close() };
  file.close();
  throw new DirectoryInUseError(`Cannot use ${directory}: another process is training in it`);
}
