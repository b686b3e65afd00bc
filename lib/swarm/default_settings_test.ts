import assert from "node:assert/strict";
import { SMALL_CONFIG } from "../../fixtures/small_config.ts";
import { parseLlamaConfig } from "../llama/model/parse_llama_config.ts";
import { defaultSettings } from "./default_settings.ts";

Deno.test("defaultSettings lowers the peak rate of wider models and schedules all steps", () => {
  const peak = (hidden_size: number) =>
    defaultSettings(parseLlamaConfig({ ...SMALL_CONFIG, hidden_size, head_dim: 16 }), 100)
      .training.schedule.peak;
  assert.equal(peak(128), 3e-3);
  assert.equal(peak(8192), 1.33e-4); // the rate that a 72B model was trained with
  const { training: { schedule } } = defaultSettings(parseLlamaConfig(SMALL_CONFIG), 95);
  assert.equal(schedule.warmupSteps, 10);
  assert.equal(schedule.warmupSteps + schedule.cosineSteps, 95);
});
