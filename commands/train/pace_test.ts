import assert from "node:assert/strict";
import { parseLlamaConfig } from "../../lib/llama/model/parse_llama_config.ts";
import { defaultSettings } from "../../lib/swarm/default_settings.ts";
import type { TrainPlan } from "./plan.ts";
import { windowsWithin } from "./pace.ts";
import { parseTrainOptions } from "./parse.ts";

Deno.test("windowsWithin chooses fewer windows on slower machines, but never zero or more than asked for", () => {
  const { gauntlet, training } = defaultSettings(parseLlamaConfig({}), 240);
  const definition = {
    gauntlet,
    training: { ...training, innerSteps: 20, batch: 8, sequence: 128 },
  };
  const plan = { definition, machine: { peers: 4 } } as unknown as TrainPlan;
  const within = (slowness: number) =>
    windowsWithin(80, plan, { stepSeconds: 0.03 * slowness, sampleSeconds: 0.001 * slowness }, 12);
  // 80 steps and 1536 samples per window, and a quarter of a second for each of five nodes.
  assert.deepEqual([1, 1.5, 3, 6, 100].map(within), [12, 10, 5, 2, 2]);
});

Deno.test("--within and --windows are mutually exclusive", () => {
  assert.equal(parseTrainOptions(["--within", "80"], {}).within, 80);
  assert.throws(() => parseTrainOptions(["--within", "80", "--windows", "3"], {}), /not both/);
});
