import assert from "node:assert/strict";
import { UsageError } from "../command.ts";
import { parseTrainOptions } from "./parse.ts";

const DEFAULTS = { texts: [], out: "covey-run", device: "auto", jsonLines: false, quiet: false };

Deno.test("parseTrainOptions reads options and texts", () => {
  const cases: [args: string, wanted: Record<string, unknown>][] = [
    ["", {}],
    ["a.txt b.jsonl", { texts: ["a.txt", "b.jsonl"] }],
    ["--peers 2 --windows 3 --inner-steps 4", { peers: 2, windows: 3, innerSteps: 4 }],
    ["--micro-batch 1 --batch 2 --sequence 16", { microBatch: 1, batch: 2, sequence: 16 }],
    ["--model small --from x --run r.yaml --out d", {
      model: "small",
      from: "x",
      run: "r.yaml",
      out: "d",
    }],
    ["--device cpu --threads 0 --seed 0", { device: "cpu", threads: 0, seed: 0 }],
    ["--aggregation peer-mean --tokenizer t.json", {
      aggregation: "peer-mean",
      tokenizer: "t.json",
    }],
    ["--json-lines --quiet", { jsonLines: true, quiet: true }],
    ["-- --odd-name.txt", { texts: ["--odd-name.txt"] }],
  ];
  for (const [args, wanted] of cases) {
    const found = parseTrainOptions(args.split(" ").filter((arg) => arg !== ""), {});
    assert.deepEqual(found, { ...DEFAULTS, ...wanted }, args);
  }
});

Deno.test("parseTrainOptions reads variables for options that are not given", () => {
  const environment = { COVEY_PEERS: "8", COVEY_INNER_STEPS: "5", COVEY_QUIET: "1", HOME: "/root" };
  const { innerSteps, peers, quiet } = parseTrainOptions(["--peers", "2"], environment);
  assert.deepEqual([peers, innerSteps, quiet], [2, 5, true]);
});

Deno.test("parseTrainOptions rejects invalid arguments, with the nearest name", () => {
  const cases: [args: string, environment: Record<string, string>, message: RegExp][] = [
    ["--peer 3", {}, /unknown option '--peer' \(Did you mean --peers\?\)/],
    ["--peers", {}, /'--peers <N>' argument missing/],
    ["--peers 0", {}, /Want a whole number from 1 to 256/],
    ["--peers 1e3", {}, /Want a whole number/],
    ["--out=", {}, /Want a path/],
    ["--sequence 1", {}, /Want a whole number from 2/],
    ["--device tpu", {}, /Allowed choices are auto, cpu, webgpu, cuda/],
    ["--aggregation mean", {}, /Allowed choices are selected-mean, peer-mean/],
    ["", { COVEY_PEER: "3" }, /unknown variable COVEY_PEER \(Did you mean COVEY_PEERS\?\)/],
    ["", { COVEY_PEERS: "x" }, /Want a whole number/],
    ["", { COVEY_QUIET: "maybe" }, /COVEY_QUIET is "maybe", want 1 or 0/],
  ];
  for (const [args, environment, message] of cases) {
    assert.throws(
      () => parseTrainOptions(args.split(" ").filter((arg) => arg !== ""), environment),
      (error: UsageError) => {
        assert.ok(error instanceof UsageError, String(error));
        assert.equal(error.exitCode, 2);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("\n"), error.message);
        return true;
      },
      args,
    );
  }
});

Deno.test("parseTrainOptions gives the help text with exit code 0", async (t) => {
  let text = "";
  try {
    parseTrainOptions(["--help"], {});
  } catch (error) {
    assert.equal((error as UsageError).exitCode, 0);
    text = (error as Error).message;
  }
  await t.assertSnapshot(text);
});
