import assert from "node:assert/strict";
import { parseTrainOptions } from "../train/parse.ts";
import { parseValidateOptions } from "./parse.ts";
import { UsageError } from "../command.ts";

const DEFAULTS = { run: "covey-run", follow: false, trustLosses: false, json: false, quiet: false };
const words = (text: string) => text.split(" ").filter((word) => word !== "");

Deno.test("parseValidateOptions reads options and the run", () => {
  const cases: [args: string, wanted: Record<string, unknown>][] = [
    ["", {}],
    ["my-run", { run: "my-run" }],
    ["my-run --window 3 --explain 0", { run: "my-run", window: 3, explain: 0 }],
    ["--json --quiet --trust-losses", { json: true, quiet: true, trustLosses: true }],
    ["--html a.html r", { html: "a.html", run: "r" }],
    ["--follow --quiet r", { follow: true, quiet: true, run: "r" }],
  ];
  for (const [args, wanted] of cases) {
    assert.deepEqual(parseValidateOptions(words(args), {}), { ...DEFAULTS, ...wanted }, args);
  }
});

Deno.test("parseValidateOptions reads variables, and ignores those of other commands", () => {
  const found = parseValidateOptions([], { COVEY_WINDOW: "2", COVEY_INNER_STEPS: "3" });
  assert.deepEqual(found, { ...DEFAULTS, window: 2 });
  assert.equal(parseTrainOptions([], { COVEY_EXPLAIN: "2" }).peers, undefined);
  assert.throws(
    () => parseValidateOptions([], { COVEY_WINDW: "2" }),
    /unknown variable COVEY_WINDW \(Did you mean COVEY_WINDOW/,
  );
});

Deno.test("parseValidateOptions rejects invalid arguments", () => {
  const cases: [args: string[], message: RegExp][] = [
    [["--window", "0"], /from 1/],
    [["--explain", "x"], /from 0 to 65535/],
    [["--explian", "1"], /Did you mean --explain/],
    [["--html", ""], /Want a path/],
    [["a", "b"], /too many arguments/],
    [[""], /RUN is empty/],
    [["--follow", "--json"], /takes no other option/],
    [["--follow", "--window", "2"], /takes no other option/],
  ];
  for (const [args, message] of cases) {
    assert.throws(() => parseValidateOptions(args, {}), (error: UsageError) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("parseTrainOptions reads adversaries and the policy", () => {
  const { adversaries, policy } = parseTrainOptions(
    words("--adversaries zero,sign-flip:2 --policy paper"),
    {},
  );
  assert.deepEqual([adversaries, policy], [["zero", "sign-flip", "sign-flip"], "paper"]);
  const cases: [text: string, message: RegExp][] = [
    ["sign-flop", /did you mean sign-flip/],
    ["nonsense-kind", /--help lists them/],
    ["zero:0", /whole number of peers/],
    ["zero:x", /whole number of peers/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseTrainOptions(["--adversaries", text], {}), message);
  }
});
