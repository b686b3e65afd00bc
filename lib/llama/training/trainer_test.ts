import assert from "node:assert/strict";
import { openSafetensors } from "../../checkpoint/safetensors_file.ts";
import type { Engine } from "../../engine/engine.ts";
import { deviceTests, testOnCpu } from "../../../testing/engine.ts";
import { fixture } from "../../../fixtures/fixture.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { parseLlamaConfig } from "../model/parse_llama_config.ts";
import type { MicroBatch } from "./gradient_pass.ts";
import { LossModel } from "./loss_model.ts";
import { llamaParameters } from "../model/parameters.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";
import { Trainer } from "./trainer.ts";

const testOnDevices = deviceTests(import.meta.url);

const RECORD = JSON.parse(Deno.readTextFileSync(fixture("tiny_llama/training.json")));
const CONFIG = parseLlamaConfig(
  JSON.parse(Deno.readTextFileSync(fixture("tiny_llama/config.json"))),
);

for (const shape of ["whole", "blocks"] as const) {
  testOnDevices(`Trainer reproduces PyTorch's recorded steps (${shape})`, async (engine) => {
    const trainer = await openTrainer(engine, CONFIG, shape);
    await trainer.load(await readParameters("tiny_llama/model.f32.safetensors", ""));
    const losses: number[] = [];
    const norms: number[] = [];
    let first: ParameterValues | undefined;
    for (const micro of RECORD.batches) {
      const { loss, gradientNorm } = await trainer.step(micro.map(toMicroBatch), RECORD.lr);
      losses.push(loss);
      norms.push(gradientNorm);
      first ??= await trainer.gradients();
    }
    losses.forEach((loss, i) => assertClose(loss, RECORD.loss[i], 1e-5, `loss of step ${i}`));
    norms.forEach((norm, i) =>
      assertClose(norm, RECORD.grad_norm_before_clip[i], 1e-4, `norm ${i}`)
    );
    await assertTensors(first!, "gradient_step0.");
    await assertTensors(await trainer.parameters(), "parameter_after.");
    await trainer.close();
  });
}

for (const tiedEmbeddings of [false, true]) {
  const name = tiedEmbeddings ? "tied" : "untied";
  testOnCpu(
    `Trainer takes the same steps whole and in blocks (${name}, 3 micro-batches)`,
    async (engine) => {
      const config = { ...CONFIG, tiedEmbeddings };
      const start = await readParameters("tiny_llama/model.f32.safetensors", "", config);
      const micro = RECORD.batches.flat().slice(0, 3).map(toMicroBatch);
      const ends: ParameterValues[] = [];
      const losses: number[][] = [];
      for (const shape of ["whole", "blocks"] as const) {
        const trainer = await openTrainer(engine, config, shape, 3);
        await trainer.load(start);
        const found: number[] = [];
        for (let step = 0; step < 3; step++) found.push((await trainer.step(micro, 1e-3)).loss);
        losses.push(found);
        ends.push(await trainer.parameters());
        await trainer.close();
      }
      losses[0].forEach((loss, i) => assertClose(losses[1][i], loss, 1e-5, `loss ${i}`));
      for (const [name, values] of ends[0]) {
        assert.ok(distance(ends[1].get(name)!, values) < 1e-5, `${name} differs`);
      }
    },
  );
}

testOnDevices("LossModel matches the losses of PyTorch's first step", async (engine) => {
  const model = await LossModel.open(engine, CONFIG, { batch: 2, sequence: 24 });
  await model.load(await readParameters("tiny_llama/model.f32.safetensors", ""));
  const found: number[] = [];
  for (const micro of RECORD.batches[0].map(toMicroBatch)) {
    found.push(...await model.losses(micro));
  }
  assert.equal(found.length, 4);
  assert.equal(new Set(found).size, 4);
  const mean = found.reduce((sum, loss) => sum + loss, 0) / found.length;
  assertClose(mean, RECORD.loss[0], 1e-5, "mean loss");
  await model.close();
});

testOnDevices("Trainer keeps its state on the device between steps", async (engine) => {
  const trainer = await openTrainer(engine, CONFIG, "whole");
  await trainer.load(await readParameters("tiny_llama/model.f32.safetensors", ""));
  const micro = RECORD.batches[0].map(toMicroBatch);
  await trainer.step(micro, 1e-3);
  const before = await engine.statistics();
  await trainer.step(micro, 1e-3);
  const after = await engine.statistics();
  // Transfers: two micro-batches of tokens and targets, and scalars; no parameter, moment or
  // gradient.
  const scalars = 1024;
  assert.ok(after.uploadedBytes - before.uploadedBytes <= 2 * 2 * 2 * 24 * 4 + scalars);
  assert.ok(after.downloadedBytes - before.downloadedBytes <= scalars);
  const where = engine.device === "webgpu" ? "gpu-buffer" : "cpu";
  for (const { id } of trainer.deviceTensors()) assert.equal(after.locations[id], where);
  await trainer.close();
});

testOnCpu("Trainer refuses a step whose loss is not finite", async (engine) => {
  const trainer = await openTrainer(engine, CONFIG, "whole");
  const values = await readParameters("tiny_llama/model.f32.safetensors", "");
  values.get("model.norm.weight")![0] = NaN;
  await trainer.load(values);
  await assert.rejects(
    () => trainer.step(RECORD.batches[0].map(toMicroBatch), 1e-3),
    /Cannot step: loss is NaN/,
  );
  await trainer.close();
});

function openTrainer(
  engine: Engine,
  config: LlamaConfig,
  shape: "whole" | "blocks",
  accumulate = 2,
) {
  return Trainer.open(engine, config, {
    batch: 2,
    sequence: 24,
    accumulate,
    shape,
    adamw: {
      betas: RECORD.betas,
      epsilon: RECORD.eps,
      weightDecay: RECORD.weight_decay,
      clipNorm: RECORD.clip_norm,
    },
  });
}

function toMicroBatch(rows: number[][]): MicroBatch {
  return {
    tokens: Int32Array.from(rows.flatMap((row) => row.slice(0, -1))),
    targets: Int32Array.from(rows.flatMap((row) => row.slice(1))),
  };
}

async function readParameters(
  path: string,
  prefix: string,
  config = CONFIG,
): Promise<ParameterValues> {
  const file = await openSafetensors(fixture(path));
  const values: ParameterValues = new Map();
  for (const { name } of llamaParameters(config)) {
    values.set(name, await file.float32(prefix + name));
  }
  await file.close();
  return values;
}

async function assertTensors(values: ParameterValues, prefix: string): Promise<void> {
  const wanted = await readParameters("tiny_llama/training.safetensors", prefix);
  for (const [name, want] of wanted) {
    const found = distance(values.get(name)!, want);
    assert.ok(found < 1e-4, `${prefix}${name} is ${found} away, want less than 1e-4`);
  }
}

/** Relative distance in the 2-norm. */
function distance(found: Float32Array, wanted: Float32Array): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    difference += (found[i] - wanted[i]) ** 2;
    size += wanted[i] ** 2;
  }
  return Math.sqrt(difference / size);
}

function assertClose(found: number, wanted: number, relative: number, what: string): void {
  assert.ok(
    Math.abs(found - wanted) <= relative * Math.abs(wanted),
    `${what} is ${found}, want ${wanted}`,
  );
}
