import assert from "node:assert/strict";
import { fixture } from "../../../fixtures/fixture.ts";
import { withTinyModel } from "../../../testing/tiny_model.ts";
import { EngineModel } from "./engine_model.ts";
import { type ModelSetting, ModelSettingError } from "./model_setting_error.ts";
import { type ModelSettings, openModel } from "./open_model.ts";

const SETTINGS: ModelSettings = { override: {}, bos: "auto" };

Deno.test("openModel finds weights, tokenizer and BOS, and reads no weights", async () => {
  await withTinyModel(async (directory) => {
    const model = await openModel(directory, SETTINGS);
    assert.deepEqual([model.config.layers, model.tensors.size], [2, 21]);
    const { bosToken, lengthMax } = model.encoder.options;
    assert.equal(model.encoder.encode("a")[0], bosToken);
    assert.equal(lengthMax, model.config.positionsMax);
    assert.equal(model.chat, undefined);
    const short = await openModel(directory, { ...SETTINGS, lengthMax: 9 });
    assert.equal(short.encoder.options.lengthMax, 9);
    assert.equal(short.fingerprint, model.fingerprint);
    const other = await openModel(directory, { ...SETTINGS, override: { rope_theta: 7 } });
    assert.notEqual(other.fingerprint, model.fingerprint);
  });
});

Deno.test("openModel names the setting that a model does not allow", async () => {
  const chat = { template: "none_such", multiturn: true, nowMs: 0 };
  const cases: [ModelSetting, Partial<ModelSettings>][] = [
    ["tokenizer", { tokenizer: "no_such_file.json" }],
    ["lengthMax", { lengthMax: 10_000 }],
    ["bos", { bos: "yes", tokenizer: fixture("tokenizers/qwen2.json") }],
    ["chatTemplate", { chat }],
  ];
  await withTinyModel(async (directory) => {
    for (const [setting, settings] of cases) {
      await assert.rejects(
        () => openModel(directory, { ...SETTINGS, ...settings }),
        (error) => error instanceof ModelSettingError && error.setting === setting,
        setting,
      );
    }
  }, "model_nobos");
});

Deno.test("EngineModel opens its engine once, when there is something to compute", async () => {
  await withTinyModel(async (directory) => {
    let opened = 0;
    const model = new EngineModel(await openModel(directory, SETTINGS), {
      openEngine: () => Promise.reject(new RangeError(`no engine ${++opened}`)),
      memoryBytes: 1e9,
      blocks: undefined,
      stopwatch: () => 0,
      onPlan: () => assert.fail("nothing was opened"),
      onWriting: () => {},
    });
    assert.equal(model.writingRows(100), 16);
    assert.equal(opened, 0);
    for (let time = 0; time < 2; time++) {
      await assert.rejects(() => model.openGenerator(1), { message: "no engine 1" });
    }
    await model.close();
  });
});
