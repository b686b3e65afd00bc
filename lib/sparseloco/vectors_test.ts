import assert from "node:assert/strict";
import { openSafetensors } from "../checkpoint/safetensors_file.ts";
import { fixture } from "../../fixtures/fixture.ts";
import { aggregate } from "./aggregate.ts";
import { compress } from "./compress.ts";
import { type CompressedTensor, decompress } from "./compressed_tensor.ts";

Deno.test("three rounds of three peers match the reference's compressor", async (t) => {
  const file = await openSafetensors(fixture("sparseloco/vectors.safetensors"));
  const integers = async (name: string) => new Int32Array((await file.bytes(name)).buffer);
  const errorFeedback = new Map<string, Float32Array<ArrayBuffer>>();
  for (const round of [0, 1, 2]) {
    for (const tensor of ["matrix", "norm", "odd"]) {
      const sent: CompressedTensor[] = [];
      for (const peer of [0, 1, 2]) {
        await t.step(`round ${round}, peer ${peer}, ${tensor}`, async () => {
          const name = (part: string) => `round${round}.peer${peer}.${tensor}.${part}`;
          const delta = await file.float32(name("delta"));
          const residual = errorFeedback.get(`${peer}${tensor}`) ?? new Float32Array(delta.length);
          errorFeedback.set(`${peer}${tensor}`, residual);
          const { dims } = file.tensors.get(name("delta"))!;
          const compressed = compress(delta, residual, dims, 64, 0.95);
          sent.push(compressed);
          assert.deepEqual([...compressed.indices], [...await integers(name("indices_sorted"))]);
          assert.deepEqual([...compressed.codes], [...await file.bytes(name("codes_sorted"))]);
          const shift = (await file.float32(name("shift")))[0];
          const lookup = await file.float32(name("lookup"));
          assertClose(compressed.levels, lookup.map((value) => value + shift));
          assertClose(decompress(compressed), await file.float32(name("decoded")));
          assertClose(residual, await file.float32(name("error_feedback_after")));
        });
      }
      await t.step(`round ${round}, aggregate of ${tensor}`, async () => {
        const wanted = await file.float32(`round${round}.${tensor}.aggregate`);
        assertClose(aggregate(sent, "selected-mean"), wanted);
      });
    }
  }
  await file.close();
});

/** Asserts agreement within 1e-6 of the largest wanted magnitude. */
function assertClose(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  assert.equal(found.length, wanted.length);
  let [distance, size] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    distance = Math.max(distance, Math.abs(found[i] - wanted[i]));
    size = Math.max(size, Math.abs(wanted[i]));
  }
  assert.ok(distance <= 1e-6 * size, `largest difference is ${distance} at a size of ${size}`);
}
