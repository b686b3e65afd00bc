import { closeSync, existsSync, openSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { type Output, RefusedRequestError } from "../command.ts";

/** Files of a run directory; `covey train` writes them, no option of another verb may. */
const RUN_FILES =
  /^(run\.yaml|machine\.json|tokens\.npy|initial\.safetensors|events\.jsonl|report\.html|ledger\.sqlite.*|\.lock|buckets|peers|validators|checkpoint)(\.tmp)?$/;

/**
 * Checks, before anything is computed, that outputs can be written and that none of them is a file of a run.
 *
 * @throws RefusedRequestError when one belongs to a run, or is a directory instead of a file or vice versa;
 * the system's error when it cannot be written.
 */
export function checkOutputs(outputs: readonly Output[]): void {
  for (const output of outputs) {
    refuseRunFile(output);
    if (output.kind === "file") checkFile(output);
    else checkDirectory(output);
  }
}

function refuseRunFile({ option, path }: Output): void {
  for (let inner = resolve(path), up = dirname(inner); up !== inner; inner = up, up = dirname(up)) {
    if (!existsSync(join(up, "run.yaml")) || !RUN_FILES.test(basename(inner))) continue;
    const [name] = relative(up, resolve(path)).split(sep);
    throw new RefusedRequestError(
      `Cannot write ${option} ${path}: ${name} belongs to the run in ${up}`,
      "choose a name that the run does not use",
    );
  }
}

function checkFile({ option, path }: Output): void {
  const parent = dirname(resolve(path));
  if (!isDirectory(parent)) {
    throw new RefusedRequestError(
      `Cannot write ${option} ${path}: there is no directory ${parent}`,
      "create it first, or choose another",
    );
  }
  if (isDirectory(path)) {
    throw new RefusedRequestError(
      `Cannot write ${option} ${path}: it is a directory`,
      "give a file name",
    );
  }
  const temporary = `${path}.tmp`;
  closeSync(openSync(temporary, "w"));
  rmSync(temporary);
}

function checkDirectory({ option, path }: Output): void {
  let there = resolve(path);
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  if (isDirectory(there)) return;
  throw new RefusedRequestError(
    `Cannot write ${option} ${path}: ${there} is a file`,
    "give a directory, or an unused name",
  );
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
