import assert from "node:assert/strict";
import { fixture } from "../../../fixtures/fixture.ts";
import { noLoss } from "./block_loss.ts";
import { BLOCK_TYPES } from "./block_types.ts";

/** Numbers, and the blocks that llama.cpp makes of them; base64. */
const VECTORS = JSON.parse(await Deno.readTextFile(fixture("gguf/blocks.json"))) as Record<
  string,
  { values: string; blocks: Record<string, string> }
>;

function relativeError(values: Float32Array, after: Float32Array): number {
  let [errors, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    errors += (values[i] - after[i]) ** 2;
    squares += values[i] ** 2;
  }
  return Math.sqrt(errors / squares);
}

for (const type of ["Q8_0", "Q4_0", "Q6_K", "Q4_K"] as const) {
  Deno.test(`${type} loses no more than llama.cpp's own blocks`, () => {
    const { dequantise, quantise } = BLOCK_TYPES[type];
    for (const [name, { blocks, values: text }] of Object.entries(VECTORS)) {
      const values = new Float32Array(Uint8Array.fromBase64(text).buffer);
      const theirs = Uint8Array.fromBase64(blocks[type]);
      const ours = new Uint8Array(theirs.length);
      quantise(values, ours, noLoss());
      if (type.endsWith("_0")) assert.deepEqual(ours, theirs, name);
      const [after, wanted] = [new Float32Array(values.length), new Float32Array(values.length)];
      dequantise(ours, after);
      dequantise(theirs, wanted);
      const loss = noLoss();
      quantise(values, ours, loss);
      const measured = Math.sqrt(loss.errors / loss.squares);
      const [error, theirError] = [relativeError(values, after), relativeError(values, wanted)];
      assert.ok(Math.abs(measured - error) < 1e-6, `${name}: measured ${measured}`);
      assert.ok(error <= 1.005 * theirError, `${name}: ${error}, llama.cpp ${theirError}`);
    }
  });

  Deno.test(`${type} keeps zeros, whatever its buffer held`, () => {
    const { bytes, dequantise, elements, quantise } = BLOCK_TYPES[type];
    const after = new Float32Array(elements);
    const blocks = new Uint8Array(bytes).fill(255);
    quantise(new Float32Array(elements), blocks, noLoss());
    dequantise(blocks, after);
    assert.ok(after.every((each) => each === 0));
  });
}
