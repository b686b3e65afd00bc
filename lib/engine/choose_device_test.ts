import assert from "node:assert/strict";
import { testOnCpu } from "../../testing/engine.ts";
import { chooseDevice } from "./choose_device.ts";
import { productRate } from "./product_rate.ts";

Deno.test("chooseDevice does not measure a single candidate", async () => {
  const runtime = {} as typeof import("onnxruntime-node"); // would throw if it were used
  assert.equal(await chooseDevice(runtime, ["webgpu"], 1, () => 0), "webgpu");
});

testOnCpu("productRate counts the operations of one product of 1024 x 1024", async (engine) => {
  let seconds = 0;
  const rate = await productRate(engine, () => seconds += 0.5);
  assert.equal(rate, 2 * 1024 ** 3 / 0.5);
  assert.deepEqual((await engine.statistics()).locations, {}, "all tensors are disposed of");
});
