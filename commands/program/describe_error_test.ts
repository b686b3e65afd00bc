import { InputError } from "../../lib/input/input_error.ts";
import { NotFiniteError } from "../../lib/tensor/not_finite_error.ts";
import assert from "node:assert/strict";
import { CorruptFileError } from "../../lib/file/corrupt_file_error.ts";
import { UnusableTextError } from "../../lib/corpus/read_text_file.ts";
import { EngineError } from "../../lib/engine/engine.ts";
import { parseRunDefinition, RunDefinitionError } from "../../lib/swarm/run_definition.ts";
import { TokenizerError } from "../../lib/tokenizer/tokenizer_file.ts";
import { InterruptedError, RefusedRequestError, UsageError } from "../command.ts";
import { describeError } from "./describe_error.ts";

const system = (code: string) => Object.assign(new Error(`${code}: no`), { code });

Deno.test("describeError maps every kind of error to its exit code", () => {
  const cases: [error: unknown, exitCode: number][] = [
    [new UsageError("no"), 2],
    [new UsageError("help", 0), 0],
    [new RefusedRequestError("no", "do"), 2],
    [new InterruptedError("Interrupted"), 130],
    [new RunDefinitionError("no"), 2],
    [new UnusableTextError("no"), 2],
    [new TokenizerError("no"), 2],
    [new CorruptFileError("no"), 6],
    [new EngineError("no"), 1],
    [new NotFiniteError("no"), 1],
    [new InputError("Cannot use text"), 2],
    [new RangeError("Cannot reshape"), 1],
    [new RangeError("Invalid array length"), 1],
    [system("ENOSPC"), 7],
    [system("EACCES"), 4],
    [system("EROFS"), 7],
    [new Deno.errors.NotCapable("no"), 4],
    [new Error("no"), 1],
    ["text", 1],
  ];
  for (const [error, exitCode] of cases) {
    assert.equal(describeError(error).exitCode, exitCode, String(error));
  }
});

Deno.test("describeError calls only unexpected errors a bug", () => {
  assert.match(describeError(new TypeError("x is undefined")).hint!, /this is a bug/);
  assert.match(describeError(new RangeError("Invalid array length")).hint!, /this is a bug/);
  assert.match(describeError(system("ENOSPC")).hint!, /free some disk space/);
});

Deno.test("describeError suggests the nearest key", () => {
  try {
    parseRunDefinition("training: {inerSteps: 3}");
    assert.fail();
  } catch (error) {
    assert.equal(describeError(error).hint, 'did you mean "training.innerSteps"?');
  }
});

Deno.test("describeError reports system errors with their path, and never as a bug", () => {
  const told = (code: string, more: Record<string, string> = {}) =>
    describeError(Object.assign(new Error(`${code}: no, open 'a/b'`), { code, ...more }));
  assert.match(told("ENOENT", { path: "a/b", syscall: "open" }).text, /^Cannot open \/.*\/a\/b: /);
  assert.match(told("EMFILE").hint!, /ulimit -n/);
  for (const code of ["EMFILE", "ENFILE", "EFBIG", "EEXIST", "ELOOP", "ENAMETOOLONG"]) {
    assert.doesNotMatch(told(code).hint!, /bug/);
  }
  const deno = new TypeError(
    "Import 'file:///x.ts' failed.\n 0: Too many open files (os error 24)",
  );
  assert.equal(describeError(deno).exitCode, 7);
});

Deno.test("describeError quotes neither file contents nor passwords", () => {
  for (const content of ["root:x:0:0:root", "secret", '{"a": secret}']) {
    try {
      JSON.parse(content);
      assert.fail();
    } catch (cause) {
      const { text } = describeError(new CorruptFileError((cause as Error).message));
      assert.doesNotMatch(text, /root:x|secret/);
    }
  }
  const text = "Cannot fetch https://me:pa%40ss@host/path?x=1: http://user:pw@[::1]:8080 refused";
  const told = "Cannot fetch https://host/path?x=1: http://[::1]:8080 refused";
  assert.equal(describeError(new Error(text)).text, told);
  assert.equal(describeError(new UsageError(text)).text, told);
});
