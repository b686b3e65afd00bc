import assert from "node:assert/strict";
import type { Engine, HostTensor, Session } from "../engine/engine.ts";
import { deviceTests } from "../../testing/engine.ts";
import { SMALL_CONFIG } from "../../fixtures/small_config.ts";
import { parseLlamaConfig } from "../llama/model/parse_llama_config.ts";
import { initialParameters } from "../llama/model/initial_parameters.ts";
import { llamaParameters } from "../llama/model/parameters.ts";
import { Trainer } from "../llama/training/trainer.ts";
import { SeededRandom } from "../random/seeded_random.ts";
import { LlamaLearner } from "./llama_learner.ts";
import { simulatedDefinition } from "../simulation/simulated_definition.ts";
import { runTestSwarm } from "../../testing/swarm_run.ts";
import { withDirectory } from "../../testing/with_directory.ts";

const testOnDevices = deviceTests(import.meta.url);

const CONFIG = parseLlamaConfig(SMALL_CONFIG);

/** Logs every call (w: write, d: download, r: run) and records the largest host tensor of a run. */
function watched(engine: Engine, log: string[], largest: { bytes: number }): Engine {
  const measure = (values: Record<string, unknown>) => {
    for (const value of Object.values(values)) {
      const { data } = value as Partial<HostTensor>;
      if (data) largest.bytes = Math.max(largest.bytes, data.byteLength);
    }
  };
  return {
    ...engine,
    write: (target, tensor) => {
      log.push("w");
      return engine.write(target, tensor);
    },
    download: (tensor) => {
      log.push("d");
      return engine.download(tensor);
    },
    load: async (model, kept): Promise<Session> => {
      const session = await engine.load(model, kept);
      return {
        release: () => session.release(),
        run: async (feeds, keep) => {
          log.push("r");
          measure(feeds);
          const results = await session.run(feeds, keep);
          measure(results);
          return results;
        },
      };
    },
  };
}

testOnDevices(
  "two windows keep parameters and moments on the device from step to step",
  async (engine) => {
    await withDirectory(async (directory) => {
      const log: string[] = [];
      const largest = { bytes: 0 };
      const { batch, innerSteps, sequence, ...adamw } = simulatedDefinition().training;
      const trainer = await Trainer.open(watched(engine, log, largest), CONFIG, {
        batch,
        sequence,
        accumulate: 1,
        shape: "whole",
        adamw,
      });
      const phases = await phasesOf(trainer, directory);
      const tensors = llamaParameters(CONFIG).length;
      const groups = 1 + 1 + 1; // embedding, final norm, one block
      assert.equal(phases, 4);
      const counted = log.join("").match(/(.)\1*/g)!;
      const lengths = (kind: string) =>
        counted.filter((run) => run[0] === kind).map(({ length }) => length);
      const total = (kind: string) => lengths(kind).reduce((sum, length) => sum + length, 0);
      // Nothing is transferred between steps: runs are consecutive, whatever the order of the
      // peers.
      const runs = innerSteps * (1 + groups);
      assert.deepEqual(lengths("r"), new Array(phases).fill(runs));
      // Downloads: parameters after training, and each optimizer once, to be saved. Writes: at most as many.
      assert.equal(total("d"), phases * 3 * tensors);
      assert.ok(total("w") >= phases * tensors && total("w") <= phases * 3 * tensors);
      assert.ok(
        largest.bytes <= batch * sequence * 4,
        `${largest.bytes} bytes transferred at once`,
      );
      const { locations } = await engine.statistics();
      const where = engine.device === "webgpu" ? "gpu-buffer" : "cpu";
      for (const { id } of trainer.deviceTensors()) assert.equal(locations[id], where);
      await trainer.close();
    });
  },
);

/** Runs two windows of two peers and returns the number of training phases. */
async function phasesOf(trainer: Trainer, directory: string): Promise<number> {
  const { events } = await runTestSwarm(directory, 2, {
    peers: 2,
    learner: new LlamaLearner(trainer, CONFIG),
    evaluator: {
      losses: (_, samples) => Promise.resolve(new Float64Array(samples.length).fill(1)),
    },
    initialParameters: initialParameters(CONFIG, new SeededRandom(0n)),
  });
  const digests = events.flatMap((event) =>
    event.event === "digest" ? [`${event.window}${event.digest}`] : []
  );
  assert.equal(new Set(digests).size, 2);
  return events.filter((event) => event.event === "phase-ended" && event.phase === "train").length;
}
