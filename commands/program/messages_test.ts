import assert from "node:assert/strict";
import { join } from "node:path";
import { run, withRun } from "../../testing/program.ts";

/** Faulty arguments, exit code, and pattern of the first line. */
type Case = [args: string[], exitCode: number, message: RegExp];

Deno.test("a bad argument is reported in one line that names it", async () => {
  await withRun(async ({ directory, train }) => {
    const at = (name: string) => join(directory, name);
    await Deno.writeTextFile(at("list.json"), "[1]");
    await Deno.writeTextFile(at("unknown.yaml"), "sparseloco: {topq: 3}");
    await Deno.writeTextFile(at("cut.yaml"), "training: [");
    const cases: Case[] = [
      [train("--from", at("nope")), 2, /Cannot start from .*\/nope: there is no such directory/],
      [train("--run", at("no.yaml")), 2, /Cannot read .*\/no.yaml: there is no such file/],
      [train("--run", at("unknown.yaml")), 2, /Cannot read .*unknown.yaml: unknown key "sparsel/],
      [train("--run", at("cut.yaml")), 2, /Cannot read .*cut.yaml: /],
      [train("--model", at("list.json")), 2, /it is not a JSON object \(.*list.json\)/],
      [train("--tokenizer", at("no.json")), 2, /Cannot read .*\/no.json: there is no such file/],
      [["train", "no.txt"], 2, /Cannot read text \/.*\/no.txt: there is no such file/],
      [train("--json"), 2, /unknown option '--json' \(Did you mean --json-lines\?\)/],
      [["help", "nope"], 2, /unknown command "nope"/],
      [train("--device", "cuda"), 2, /Cannot use device cuda: /],
    ];
    for (const [args, exitCode, message] of cases) {
      const { code, error } = await run(args);
      const [first] = error.split("\n");
      assert.match(first, message);
      assert.equal(code, exitCode, error);
      assert.doesNotMatch(error, /this is a bug|micro-batch/);
    }
  });
});

Deno.test("help VERB equals VERB --help", async () => {
  const [asked, option] = [await run(["help", "train"]), await run(["train", "--help"])];
  assert.deepEqual(asked, option);
  assert.match(asked.out, /Usage: covey train/);
});

Deno.test("a bad value of a variable is reported under the variable's name", async () => {
  const cases: [variable: string, value: string, message: RegExp][] = [
    ["COVEY_INNER_STEPS", "abc", /variable COVEY_INNER_STEPS is "abc"\. Want a whole number/],
    ["COVEY_DEVICE", "gpu", /variable COVEY_DEVICE is "gpu"\. Allowed choices are/],
    ["HF_ENDPOINT", "https://me:pass@word@host", /variable HF_ENDPOINT contains a user name or/],
  ];
  for (const [variable, value, message] of cases) {
    const verb = variable.startsWith("HF") ? ["eval", "org/name", "--tasks", "sciq"] : ["train"];
    const { code, error } = await run(verb, { [variable]: value });
    assert.equal(code, 2);
    assert.match(error, message);
    assert.doesNotMatch(error, /pass@|word@/);
  }
});

Deno.test("a damaged run is reported with the file, before anything is computed", async () => {
  await withRun(async ({ directory, out, train }) => {
    assert.equal((await run(train("--quiet"))).code, 0);
    const other = join(directory, "other");
    assert.equal((await run(train("--quiet", "--out", other, "--seed", "7"))).code, 0);
    const file = (name: string) => join(out, name);
    const cases: Case[] = [
      [["validate", out, "--window", "99"], 2, /Cannot show window 99: 3 windows have been scored/],
      [["validate", out, "--explain", "77"], 2, /Cannot explain peer 77: the run has 4 peers/],
    ];
    const damages: [
      name: string,
      content: Uint8Array | string,
      exitCode: number,
      message: RegExp,
    ][] = [
      ["machine.json", "{}", 6, /machine.json: peers is missing$/m],
      ["machine.json", "[", 6, /machine.json: it is not JSON/],
      ["run.yaml", "nonsense", 2, /run.yaml: it is not a mapping/],
      ["tokens.npy", "short", 6, /Cannot read token shard: it is not a .npy file \(.*tokens.npy\)/],
      [
        "ledger.sqlite",
        await Deno.readFile(join(other, "ledger.sqlite")),
        6,
        /Cannot use ledger: it belongs to another run/,
      ],
    ];
    const check = async ([args, exitCode, message]: Case) => {
      const { code, error } = await run(args);
      assert.match(error, message);
      assert.equal(code, exitCode, error);
      assert.doesNotMatch(error, /^window 1/m);
    };
    for (const each of cases) await check(each);
    for (const [name, content, exitCode, message] of damages) {
      const before = await Deno.readFile(file(name));
      await Deno.writeFile(
        file(name),
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
      await check([["validate", out], exitCode, message]);
      await Deno.writeFile(file(name), before);
    }
  });
});
