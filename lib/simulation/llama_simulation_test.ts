import assert from "node:assert/strict";
import { openLlamaModel } from "../../scripts/simulate/llama_model.ts";
import { testOnCpu } from "../../testing/engine.ts";
import { simulate } from "./simulate.ts";

testOnCpu("a scenario also runs on the real engine and is deterministic", async (engine) => {
  const scenario = {
    peers: 4,
    adversaries: ["sign-flip"],
    validators: 1,
    windows: 3,
    quietWindows: 4,
    faults: {
      crash: 0.003,
      freeze: 0.003,
      store: 0.05,
      chain: 0.01,
      partition: 0.1,
      missedBlock: 0.05,
      reorganisation: 0.2,
      diskLoss: 0,
      lateJoin: 0,
    },
  };
  const model = await openLlamaModel(engine);
  const first = await simulate(2, { scenario, model });
  assert.deepEqual(first.violations, []);
  assert.equal(first.windows, 7);
  const again = await simulate(2, { scenario, model });
  assert.equal(again.trace, first.trace);
});
