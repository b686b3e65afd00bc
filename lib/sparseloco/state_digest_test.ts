import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { stateDigest } from "./state_digest.ts";

Deno.test("stateDigest hashes name, shape and little-endian f32 of each tensor, in the given order", () => {
  const shapes = [{ name: "b", dims: [2, 1] }, { name: "a", dims: [] }];
  const values = new Map([
    ["a", Float32Array.of(-0)],
    ["b", Float32Array.of(7, 1, 0.5, 7).subarray(1, 3)],
  ]);
  const bytes = [..."b[2,1]"].map((c) => c.charCodeAt(0))
    .concat([0, 0, 0x80, 0x3f, 0, 0, 0, 0x3f])
    .concat([..."a[]"].map((c) => c.charCodeAt(0)), [0, 0, 0, 0x80]);
  const wanted = createHash("sha256").update(Uint8Array.from(bytes)).digest("hex");
  assert.equal(stateDigest(shapes, values), wanted);
});
