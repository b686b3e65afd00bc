/**
 * Applies mutations one by one to a copy of the project, runs the tests that must notice each, and prints
 * which survive. Run it as `deno task mutate [TEXT]`; TEXT selects by path or description.
 */
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Mutation, MUTATIONS } from "./mutate/mutations.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Copies files known to git, and packages as hard links: native code is loaded only from a real path. */
async function copyProject(): Promise<string> {
  await mkdir(join(ROOT, "covey-run"), { recursive: true });
  const copy = await Deno.makeTempDir({ dir: join(ROOT, "covey-run"), prefix: "mutate-" });
  const listed = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard"],
    cwd: ROOT,
  }).output();
  for (const path of new TextDecoder().decode(listed.stdout).trim().split("\n")) {
    await mkdir(join(copy, dirname(path)), { recursive: true });
    await copyFile(join(ROOT, path), join(copy, path));
  }
  const packages = ["-al", join(ROOT, "node_modules"), join(copy, "node_modules")];
  const { success } = await new Deno.Command("cp", { args: packages }).output();
  if (!success) throw new Error("Cannot copy node_modules by hard links");
  return copy;
}

const testsOf = ({ path, tests }: Mutation) => tests ?? [dirname(path)];

/** Reports whether tests pass on the copy as it is. */
async function passes(copy: string, tests: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-q", "-A", "--no-check", "--fail-fast", ...tests],
    cwd: copy,
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

/** Reports whether the tests fail on a mutation, as they should. */
async function isNoticed(copy: string, mutation: Mutation): Promise<boolean> {
  const { from, path, to } = mutation;
  const file = join(copy, path);
  const text = await Deno.readTextFile(file);
  if (text.split(from).length !== 2) {
    throw new RangeError(`Cannot mutate ${path}: ${JSON.stringify(from)} does not occur once`);
  }
  await Deno.writeTextFile(file, text.replace(from, () => to));
  try {
    return !await passes(copy, testsOf(mutation));
  } finally {
    await Deno.writeTextFile(file, text);
  }
}

const [wanted = ""] = Deno.args;
const chosen = MUTATIONS.filter(({ breaks, path }) => `${path} ${breaks}`.includes(wanted));
const copy = await copyProject();
let survived = 0;
try {
  // Tests that fail without a mutation would notice every one.
  for (const tests of new Set(chosen.map((mutation) => testsOf(mutation).join(" ")))) {
    if (!await passes(copy, tests.split(" "))) throw new Error(`${tests} fail without a mutation`);
  }
  for (const mutation of chosen) {
    const noticed = await isNoticed(copy, mutation);
    survived += Number(!noticed);
    console.log(`${noticed ? "noticed " : "SURVIVED"}  ${mutation.path}: ${mutation.breaks}`);
  }
} finally {
  await Deno.remove(copy, { recursive: true });
}
console.log(`${chosen.length} mutations, ${survived} survived`);
Deno.exitCode = survived > 0 ? 1 : 0;
