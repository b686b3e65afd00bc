import { resolve } from "node:path";
import type { ErrorDescription } from "./error_description.ts";

interface SystemCode {
  /** Meaning, for the message. */
  readonly says: string;
  readonly exitCode: number;
  readonly hint: string;
}

const KEPT = "everything saved so far is kept";

/** Operating system errors that a user can act on. */
const CODES: Readonly<Record<string, SystemCode>> = {
  ENOSPC: {
    says: "the disk is full",
    exitCode: 7,
    hint: `free some disk space, then run the same command again: ${KEPT}`,
  },
  EDQUOT: { says: "the disk quota is exceeded", exitCode: 7, hint: KEPT },
  EFBIG: { says: "the file exceeds the size limit", exitCode: 7, hint: `raise ulimit -f; ${KEPT}` },
  EACCES: { says: "permission denied", exitCode: 4, hint: "check the permissions of that path" },
  EPERM: { says: "not permitted", exitCode: 4, hint: "check the permissions of that path" },
  EROFS: {
    says: "it is on a read-only file system",
    exitCode: 7,
    hint: "choose another directory, or copy the run to where you may write",
  },
  ENOENT: { says: "there is no such file or directory", exitCode: 2, hint: "check the path" },
  ENOTDIR: { says: "part of the path is not a directory", exitCode: 2, hint: "check the path" },
  EISDIR: { says: "it is a directory", exitCode: 2, hint: "give a file, not a directory" },
  EEXIST: { says: "it already exists", exitCode: 2, hint: "choose another name" },
  ENAMETOOLONG: { says: "the name is too long", exitCode: 2, hint: "choose a shorter name" },
  ELOOP: { says: "its links form a cycle", exitCode: 2, hint: "check the links of that path" },
  EMFILE: {
    says: "this process has too many open files",
    exitCode: 7,
    hint: `raise ulimit -n, then run the same command again: ${KEPT}`,
  },
  ENFILE: {
    says: "the system has too many open files",
    exitCode: 7,
    hint: `close other programs, then run the same command again: ${KEPT}`,
  },
  EIO: { says: "the disk cannot be read or written", exitCode: 7, hint: "check the disk" },
};

/** Numbers of the errors that Deno's own modules report only by number. */
const NUMBERS: Readonly<Record<string, string>> = {
  2: "ENOENT",
  13: "EACCES",
  23: "ENFILE",
  24: "EMFILE",
  28: "ENOSPC",
};

/** Wording of the failed action, by system call. */
const ACTIONS: Readonly<Record<string, string>> = {
  open: "open",
  stat: "open",
  lstat: "open",
  scandir: "list",
  readdir: "list",
  read: "read",
  write: "write",
  mkdir: "make directory",
  rename: "write",
};

/** Describes an operating system error with its absolute path; undefined for any other error. */
export function describeSystemError(error: Error): ErrorDescription | undefined {
  const { code, path, syscall } = error as { code?: string; path?: string; syscall?: string };
  const number = /\(os error (\d+)\)/.exec(error.message)?.[1];
  const known = CODES[code ?? NUMBERS[number ?? ""] ?? ""];
  if (!known) return undefined;
  const { exitCode, hint, says } = known;
  // Deno's own calls give the path only in the message, and so do our own errors.
  const where = path ?? /(?:open|stat|readdir|mkdir|rename) '([^']+)'/.exec(error.message)?.[1] ??
    / \((\/[^()]+)\)$/.exec(error.message)?.[1];
  if (where === undefined) return { text: `Cannot continue: ${says}`, hint, exitCode };
  const action = ACTIONS[syscall ?? ""] ?? "use";
  return { text: `Cannot ${action} ${resolve(where)}: ${says}`, hint, exitCode };
}
