import { InputError } from "../../lib/input/input_error.ts";
import { lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import type { Scope, Tree } from "../command.ts";

/** A link below a declared path that leads outside all declared paths. */
export class LinkOutsideError extends Error {
  override readonly name = "LinkOutsideError";
}

/** Maximum number of entries inspected per tree. */
const ENTRIES_MAX = 2_000_000;
/** Maximum number of links followed per path, as on Linux. */
const LINKS_MAX = 40;

/**
 * Rejects links inside the trees of a scope that lead outside everything the scope declares. Deno checks
 * the name of a path and not its target, so a linked directory would be read or written wherever it is.
 * The declared paths themselves may be links: the user has named them.
 *
 * @throws LinkOutsideError naming link and target.
 */
export function refuseOutsideLinks({ read, trees, write }: Scope): void {
  const roots = [...read, ...write].map((path) => realTarget(resolve(path)));
  for (const tree of trees) {
    for (const link of [resolve(tree.directory), ...linksOf(tree)]) {
      const target = realTarget(link);
      if (roots.some((root) => target === root || target.startsWith(withSlash(root)))) continue;
      throw new LinkOutsideError(
        `Cannot use ${link}: it is a link to ${target}, outside of what this command may reach`,
      );
    }
  }
}

/** Resolves the links of a path, even if nothing exists there yet. */
export function realTarget(path: string, links = 0): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    if (parent === path) return path;
    const link = linkOf(path);
    // A cycle of links cannot be read; it counts as located where it is named.
    if (link === undefined || links > LINKS_MAX) {
      return join(realTarget(parent, links + 1), path.slice(withSlash(parent).length));
    }
    return realTarget(resolve(realTarget(parent, links + 1), link), links + 1);
  }
}

/** Yields the links of a tree to directories, to nothing, and to files whose names are used. */
function* linksOf({ depth, directory, files }: Tree): Generator<string> {
  const waiting = [{ path: resolve(directory), depth }];
  for (let seen = 0; waiting.length > 0;) {
    const { depth, path } = waiting.pop()!;
    for (const entry of entriesOf(path)) {
      if (++seen > ENTRIES_MAX) {
        throw new InputError(`Cannot use ${directory}: it has more than ${ENTRIES_MAX} entries`);
      }
      const inner = join(path, entry.name);
      if (entry.isSymbolicLink()) {
        const target = statSync(inner, { throwIfNoEntry: false });
        const asFile = !target?.isDirectory() && (files === undefined || files.test(entry.name));
        const asDirectory = !target?.isFile() && (depth > 0 || files === undefined);
        if (asFile || asDirectory) yield inner;
      } else if (entry.isDirectory() && depth > 0 && !(files && isHidden(entry.name))) {
        waiting.push({ path: inner, depth: depth - 1 });
      }
    }
  }
}

/** Reports whether a directory beside the user's files holds other programs' links. */
function isHidden(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // Missing, not a directory, or not readable: opening it will report that.
  }
}

function linkOf(path: string): string | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return undefined;
  return readlinkSync(path);
}

function withSlash(path: string): string {
  return path.endsWith(sep) ? path : path + sep;
}
