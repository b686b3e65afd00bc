import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkRunDefinition,
  formatRunDefinition,
  parseRunDefinition,
  RunDefinitionError,
  runId,
} from "./run_definition.ts";
import { simulatedDefinition } from "../simulation/simulated_definition.ts";

Deno.test("a run definition round-trips through its file", () => {
  const definition = simulatedDefinition();
  const read = checkRunDefinition(parseRunDefinition(formatRunDefinition(definition)));
  assert.deepEqual(read, definition);
  assert.equal(runId(read), runId(definition));
});

Deno.test("runId depends on every value but not on key order", () => {
  const definition = simulatedDefinition();
  const reversed = Object.fromEntries(Object.entries(definition).reverse()) as typeof definition;
  assert.equal(runId(reversed), runId(definition));
  const other = { ...definition, sparseloco: { ...definition.sparseloco, topk: 32 } };
  assert.notEqual(runId(other), runId(definition));
});

Deno.test("parseRunDefinition accepts any part of a definition", () => {
  assert.deepEqual(parseRunDefinition(""), {});
  assert.deepEqual(parseRunDefinition("training: {batch: 4}"), { training: { batch: 4 } });
  const peak = { training: { schedule: { peak: 0.001 } } };
  assert.deepEqual(parseRunDefinition("training: {schedule: {peak: 0.001}}"), peak);
});

Deno.test("parseRunDefinition reports the value found and the value expected", () => {
  const cases: [text: string, message: RegExp][] = [
    ["trainin: {}", /unknown key "trainin", want .*training/],
    ["training: {inerSteps: 3}", /unknown key "training.inerSteps", want innerSteps, /],
    [
      "training: {schedule: {peek: 1}}",
      /unknown key "training.schedule.peek", want peak, /,
    ],
    ["sparseloco: {topk: 1}", /sparseloco.topk is 1, want >=2/],
    ["sparseloco: {aggregation: median}", /aggregation is "median", want/],
    ["seed: 1.5", /seed is 1.5, want integer/],
    ["model: []", /model is a list/],
    ["training: {betas: [0.9, 0.95, 0.99]}", /training.betas/],
    ["seed: x", /seed is "x", want number/],
    ["model: {hiden_size: 8}", /unknown key "model.hiden_size", want .*hidden_size/],
    ['{"a.b": 1}', /unknown key "a.b"/],
    ["[1]", /it is not a mapping/],
    ["x", /it is not a mapping/],
    ["a: [", /Cannot read run definition/],
    ["training: &a {batch: *a}", /Cannot read run definition/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseRunDefinition(text), (error: Error) => {
      assert.ok(error instanceof RunDefinitionError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("parseRunDefinition throws typed errors only", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        parseRunDefinition(text);
      } catch (error) {
        assert.ok(error instanceof RunDefinitionError, String(error));
      }
    }),
    { seed: 8, numRuns: 1000 },
  );
});
