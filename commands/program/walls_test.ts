import assert from "node:assert/strict";
import { chmod, lstat, mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fixture } from "../../fixtures/fixture.ts";
import { run, withRun } from "../../testing/program.ts";

const EVAL = ["--no-cache", "--device", "cpu", "--threads", "1", "--quiet"];

Deno.test("train and validate refuse links that lead out of the run, before they write", async () => {
  await withRun(async ({ directory, out, train }) => {
    const elsewhere = join(directory, "elsewhere");
    await mkdir(elsewhere);
    await mkdir(out);
    for (const name of ["checkpoint", "buckets", "peers", "validators", "run.yaml"]) {
      const link = join(out, name);
      await symlink(name === "run.yaml" ? join(elsewhere, "not-there") : elsewhere, link);
      for (const args of [train("--quiet"), ["validate", out]]) {
        const { code, error } = await run(args);
        assert.equal(code, 4, error);
        assert.match(error, new RegExp(`Cannot use ${link}: it is a link to ${elsewhere}`));
      }
      await Deno.remove(link);
    }
    assert.deepEqual(await readdir(elsewhere), []);
    assert.deepEqual(await readdir(out), []);
  });
});

Deno.test("a run directory may be a link that the user names, and contain links within itself", async () => {
  await withRun(async ({ directory, out, train }) => {
    await mkdir(join(directory, "disk"));
    await symlink(join(directory, "disk"), out);
    await symlink("events.jsonl", join(directory, "disk", "latest.jsonl"));
    const { code, error } = await run(train("--quiet"));
    assert.equal(code, 0, error);
    const { out: scope } = await run(["validate", out, "--explain-permissions"]);
    assert.match(scope, new RegExp(`read .*${join(directory, "disk")}`));
    assert.match(scope, /write {2}nothing/);
  });
});

Deno.test("eval refuses links of models, documents, tasks and outputs that lead elsewhere", async () => {
  const directory = await Deno.makeTempDir({ prefix: "covey-" });
  const at = (...names: string[]) => join(directory, ...names);
  try {
    await mkdir(at("elsewhere"));
    await Deno.writeTextFile(at("elsewhere", "secret.json"), "root:x:0:0");
    await Deno.writeTextFile(at("text.txt"), "some text");
    for (const name of ["model", "tasks", "data", "out"]) await mkdir(at(name));
    await Deno.copyFile(fixture("tiny_llama/config.json"), at("model", "config.json"));
    await symlink(at("elsewhere", "secret.json"), at("model", "tokenizer.json"));
    await symlink(at("elsewhere", "secret.json"), at("tasks", "mine.yaml"));
    await symlink(at("elsewhere"), at("data", "arc_easy"));
    await symlink(at("elsewhere"), at("out", "plain"));
    await mkdir(at("plain"));
    await Deno.copyFile(fixture("tiny_llama/config.json"), at("plain", "config.json"));
    const plain = ["eval", at("plain"), "--text", at("text.txt"), ...EVAL];
    const cases: [string[], string][] = [
      [["eval", at("model"), "--text", at("text.txt"), ...EVAL], at("model", "tokenizer.json")],
      [[...plain, "--include-path", at("tasks")], at("tasks", "mine.yaml")],
      [[...plain, "--tasks", "arc_easy", "--data-dir", at("data")], at("data", "arc_easy")],
      [["train", "--from", at("model"), "--out", at("run")], at("model", "tokenizer.json")],
    ];
    for (const [args, link] of cases) {
      const { code, error } = await run(args);
      assert.equal(code, 4, error);
      assert.ok(error.includes(`Cannot use ${link}: it is a link to ${at("elsewhere")}`), error);
      assert.ok(!error.includes("root:x"));
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("outputs are checked before work begins, and never overwrite files of a run", async () => {
  await withRun(async ({ directory, out, train }) => {
    assert.equal((await run(train("--quiet"))).code, 0);
    const before = await Deno.readFile(join(out, "run.yaml"));
    const cases: [string[], number, RegExp][] = [
      [["validate", out, "--html", join(out, "run.yaml")], 2, /run.yaml belongs to the run/],
      [
        ["validate", out, "--html", join(out, "buckets", "a.html")],
        2,
        /buckets belongs to the run/,
      ],
      [
        ["validate", out, "--html", join(directory, "none", "a.html")],
        2,
        /there is no directory .*none/,
      ],
      [["validate", out, "--html", directory], 2, /it is a directory/],
      [["eval", out, "--output-path", join(out, "checkpoint")], 2, /checkpoint belongs to the run/],
      [["eval", out, "--output-path", join(out, "run.yaml")], 2, /run.yaml/],
      [
        ["eval", out, "--prefetch", join(out, "peers"), "--tasks", "sciq", "--offline"],
        2,
        /peers belongs to the run/,
      ],
      [train("--out", join(directory, "text.txt")), 2, /text.txt is a file/],
      [train("--out", join(out, "buckets")), 2, /buckets belongs to the run/],
    ];
    for (const [args, wanted, message] of cases) {
      const { code, error } = await run(args);
      assert.equal(code, wanted, error);
      assert.match(error, message);
      assert.doesNotMatch(error, /window 1/, "nothing was computed");
    }
    assert.deepEqual(await Deno.readFile(join(out, "run.yaml")), before);
  });
});

Deno.test("validate reads a read-only run and leaves no files behind", async () => {
  await withRun(async ({ out, train }) => {
    assert.equal((await run(train("--quiet"))).code, 0);
    const before = await modificationTimes(out);
    await chmod(join(out, "ledger.sqlite"), 0o444);
    await chmod(out, 0o555);
    try {
      const { code, error, out: text } = await run(["validate", out]);
      assert.equal(code, 0, error);
      assert.match(text, /3 windows/);
    } finally {
      await chmod(out, 0o755);
    }
    // Modes do not restrict root; files created and removed still change the directory's mtime.
    assert.deepEqual(await modificationTimes(out), before);
    const names = [...before.keys()];
    assert.ok(!names.some((name) => /-wal|-shm|-journal|\.tmp$/.test(name)), names.join());
  });
});

/** Returns the modification time of each file and directory of a tree, in ns. */
async function modificationTimes(root: string): Promise<Map<string, bigint>> {
  const names = (await readdir(root, { recursive: true })).sort();
  const times = await Promise.all(
    ["", ...names].map(async (name) => (await lstat(join(root, name), { bigint: true })).mtimeNs),
  );
  return new Map(times.map((time, i) => [i ? names[i - 1] : "", time]));
}
