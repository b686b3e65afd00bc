import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SMALL_CONFIG } from "../fixtures/small_config.ts";

/** Folder of the program. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Options that make a run short. */
export const SMALL = "--windows 3 --inner-steps 2 --batch 2 --sequence 16 --threads 1 --device cpu"
  .split(
    " ",
  );

/** Returns a command that runs the program in a separate process. */
export function covey(args: string[], env: Record<string, string> = {}): Deno.Command {
  const flags = "run -q --no-prompt --allow-read --allow-write --allow-net --allow-env --allow-sys";
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...flags.split(" "),
      `--allow-ffi=${join(ROOT, "node_modules")}`,
      join(ROOT, "main.ts"),
      ...args,
    ],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs the program; returns its exit code and output. */
export async function run(args: string[], env?: Record<string, string>) {
  const { code, stderr, stdout } = await covey(args, env).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
}

/** Provides a directory with a small model's config and a text; `train` builds arguments of a run in it. */
export async function withRun(
  body: (
    paths: { directory: string; out: string; train: (...more: string[]) => string[] },
  ) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "covey-" });
  try {
    const [model, text, out] = ["config.json", "text.txt", "run"].map((name) =>
      join(directory, name)
    );
    await Deno.writeTextFile(model, JSON.stringify(SMALL_CONFIG));
    await Deno.writeTextFile(text, "the quick brown fox jumps over the lazy dog. ".repeat(60));
    const train = (
      ...more: string[]
    ) => ["train", text, "--model", model, "--out", out, ...SMALL, ...more];
    await body({ directory, out, train });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
