import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { covey, ROOT, run, withRun } from "../../testing/program.ts";

const NEVER = /(?!)/;
const LONG = ["--windows", "500", "--device", "cpu"];

/** Lists temporary files in a directory; an idle run has none. */
async function leftovers(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true });
  return names.filter((name) => /\.tmp$|-wal$|-shm$|-journal$/.test(name));
}

/** Reads a stream until its text matches; returns the text. */
async function until(reader: ReadableStreamDefaultReader<Uint8Array>, wanted: RegExp) {
  const decoder = new TextDecoder();
  let text = "";
  while (!wanted.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

Deno.test("signals in quick succession are one interruption: one message, exit 130, nothing left", async () => {
  await withRun(async ({ out, train }) => {
    for (const signals of [["SIGINT", "SIGINT", "SIGTERM"], ["SIGTERM"], ["SIGHUP"]] as const) {
      const process = covey(train(...LONG)).spawn();
      const reader = process.stderr.getReader();
      let text = await until(reader, /window +\d+\/500/);
      for (const signal of signals) process.kill(signal);
      text += await until(reader, NEVER);
      await process.stdout.cancel();
      assert.equal((await process.status).code, 130, text);
      assert.equal(text.match(/Interrupted/g)?.length, 1, text);
      assert.match(text, /error: Interrupted.*\nhint: run the same command again to continue\n$/);
      assert.deepEqual(await leftovers(out), []);
    }
    const { code, error } = await run(["validate", out, "--quiet", "--window", "1"]);
    assert.equal(code, 0, error);
  });
});

Deno.test("Ctrl-C in a terminal leaves a clean screen, one message and no temporary files", async () => {
  if (!existsSync("/usr/bin/script")) {
    return console.error("skipped: a terminal for Ctrl-C requires script from util-linux");
  }
  await withRun(async ({ out, train }) => {
    const task = [Deno.execPath(), "task", "-q", "covey", ...train(...LONG)].join(" ");
    const process = new Deno.Command("script", {
      args: ["-qec", task, "/dev/null"],
      cwd: ROOT,
      env: { TERM: "xterm" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = process.stdout.getReader();
    let text = await until(reader, /window +\d+\/500 {2}(peer|validator)/);
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode("\x03"));
    text += await until(reader, NEVER);
    await writer.close().catch(() => {});
    assert.equal((await process.status).code, 130, text);
    assert.equal(text.match(/Interrupted/g)?.length, 1, text);
    // deno-lint-ignore no-control-regex
    assert.match(text, /\x1b\[2A\x1b\[J(\^C)?error: Interrupted\r\nhint: [^\r]*\r\n$/);
    assert.deepEqual(await leftovers(out), []);
  });
});

Deno.test("paths are relative to the caller's directory in tasks called below the clone; HOME is never the cwd", async () => {
  await withRun(async ({ directory, out, train }) => {
    const [verb, , ...rest] = train("--quiet");
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "-A", "main.ts", verb, "text.txt", ...rest],
      cwd: ROOT,
      env: { INIT_CWD: directory },
      stdin: "null",
    });
    const { code, stderr } = await process.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const homeless = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "--no-prompt",
        "-A",
        `${ROOT}main.ts`,
        "eval",
        out,
        "--explain-permissions",
      ],
      cwd: directory,
      clearEnv: true,
    });
    const { stdout } = await homeless.output();
    assert.doesNotMatch(new TextDecoder().decode(stdout), new RegExp(`${directory}/\\.cache`));
  });
});
