import assert from "node:assert/strict";
import fc from "fast-check";
import { SeededRandom } from "../random/seeded_random.ts";
import { compress } from "./compress.ts";
import type { CompressedTensor } from "./compressed_tensor.ts";
import { type RefusalReason, RefusedError } from "./refusal.ts";
import {
  decodeSubmission,
  encodeSubmission,
  submissionBytesMax,
  type SubmissionContext,
} from "./submission.ts";

const CONTEXT: SubmissionContext = {
  run: "0123456789abcdef".repeat(4),
  window: 7,
  uid: 3,
  topk: 8,
  shapes: [
    { name: "matrix", dims: [64, 64] },
    { name: "odd", dims: [10, 97] },
    { name: "norm", dims: [8] },
  ],
};

function sample(context: SubmissionContext, seed: bigint): CompressedTensor[] {
  const random = new SeededRandom(seed);
  return context.shapes.map(({ dims }) => {
    const length = dims.reduce((product, dim) => product * dim, 1);
    const delta = Float32Array.from({ length }, () => random.normal());
    return compress(delta, new Float32Array(length), dims, context.topk, 0.95);
  });
}

const GOOD = encodeSubmission(CONTEXT, sample(CONTEXT, 1n));

Deno.test("decodeSubmission inverts encodeSubmission for any shapes and topk", () => {
  const side = fc.integer({ min: 1, max: 130 });
  const run = fc.record({
    shapes: fc.array(fc.oneof(fc.tuple(side), fc.tuple(side, side)), {
      minLength: 1,
      maxLength: 4,
    }),
    topk: fc.integer({ min: 2, max: 4096 }),
    seed: fc.bigInt({ min: 0n, max: 1000n }),
  });
  fc.assert(
    fc.property(run, ({ shapes, topk, seed }) => {
      const tensors = shapes.map((dims, i) => ({ name: `t${i}`, dims }));
      const context = { ...CONTEXT, topk, shapes: tensors };
      const sent = sample(context, seed);
      const bytes = encodeSubmission(context, sent);
      assert.ok(bytes.length <= submissionBytesMax(context));
      assert.deepEqual(decodeSubmission(context, bytes), sent);
    }),
    { seed: 4, numRuns: 150 },
  );
});

Deno.test("submissions take at most 9.5 bits per value at 64 of 4096", () => {
  const context = { ...CONTEXT, topk: 64, shapes: [{ name: "w", dims: [512, 512] }] };
  const sent = sample(context, 5n);
  const bits = (encodeSubmission(context, sent).length * 8) / sent[0].codes.length;
  assert.ok(bits <= 9.5, `${bits} bits per value`);
});

Deno.test("decodeSubmission names the reason of a refusal", () => {
  const changed = (at: number, value: number) => {
    const bytes = GOOD.slice();
    bytes[at] = value;
    return bytes;
  };
  const setLevel = (value: number) => {
    const bytes = GOOD.slice();
    new DataView(bytes.buffer).setFloat32(88, value, true);
    return bytes;
  };
  const cases: [RefusalReason, Uint8Array, Partial<SubmissionContext>?][] = [
    ["truncated", new Uint8Array()],
    ["truncated", GOOD.slice(0, 87)],
    ["truncated", GOOD.slice(0, 100)],
    ["truncated", GOOD.slice(0, -1)],
    ["trailing-bytes", Uint8Array.of(...GOOD, 0)],
    ["not-a-submission", changed(0, 0)],
    ["unsupported-version", changed(8, 2)],
    ["wrong-topk", GOOD, { topk: 10 }],
    ["wrong-window", GOOD, { window: 8 }],
    ["wrong-uid", GOOD, { uid: 4 }],
    ["wrong-run", GOOD, { run: "f".repeat(64) }],
    ["wrong-shape", GOOD, { shapes: CONTEXT.shapes.slice(0, 2) }],
    ["wrong-shape", GOOD, {
      shapes: CONTEXT.shapes.map((t) => ({ ...t, dims: t.dims.toReversed() })),
    }],
    ["non-finite-levels", setLevel(NaN)],
    ["non-finite-levels", setLevel(Infinity)],
    ["bad-coding", changed(88 + 16, 12)],
    ["bad-coding", changed(88 + 17, 25)],
    ["truncated", changed(88 + 21, 0xff)],
  ];
  for (const [reason, bytes, change] of cases) {
    assert.throws(() => decodeSubmission({ ...CONTEXT, ...change }, bytes), { reason });
  }
});

Deno.test("decodeSubmission refuses an index past the end of its chunk", () => {
  const context = {
    ...CONTEXT,
    shapes: [{ name: "odd", dims: [97, 97] }, { name: "m", dims: [64, 64] }],
  };
  const [odd, matrix] = sample(context, 9n);
  matrix.indices[7] = 4096;
  const bytes = encodeSubmission(context, [odd, matrix]);
  assert.throws(() => decodeSubmission(context, bytes), { reason: "index-out-of-range" });
});

/** Allocation limit in bytes: indices, codes and levels of the declared model, and a header. */
const ALLOCATED_MAX = 512 +
  sample(CONTEXT, 1n).reduce((sum, { indices }) => sum + 3 * indices.length + 16, 0);

/** Reports every typed array allocated by length, until disposed. */
function countAllocations(tell: (bytes: number) => void): Disposable {
  const names = [
    "Uint8Array",
    "Uint16Array",
    "Uint32Array",
    "Float32Array",
    "Float64Array",
    "ArrayBuffer",
  ];
  const globals = globalThis as unknown as Record<
    string,
    new (...args: never[]) => { byteLength: number }
  >;
  const originals = names.map((name) => globals[name]);
  names.forEach((name, i) => {
    globals[name] = new Proxy(originals[i], {
      construct(target, args, by) {
        const made = Reflect.construct(target, args, by === globals[name] ? target : by);
        if (typeof args[0] === "number") tell(made.byteLength);
        return made;
      },
    });
  });
  return { [Symbol.dispose]: () => names.forEach((name, i) => globals[name] = originals[i]) };
}

Deno.test("weaknesses 3 and 5: 100,000 mutated submissions give valid entries or refusals, in bounded memory", () => {
  const mutation = fc.record({
    cut: fc.option(fc.nat(GOOD.length), { freq: 4 }),
    edits: fc.array(fc.tuple(fc.nat(GOOD.length + 8), fc.nat(255)), { maxLength: 6 }),
    tail: fc.uint8Array({ maxLength: 12 }),
  });
  const outcomes = new Map<string, number>();
  let allocated = 0;
  using _counting = countAllocations((bytes) => allocated += bytes);
  fc.assert(
    fc.property(mutation, ({ cut, edits, tail }) => {
      const bytes = Uint8Array.of(...GOOD.slice(0, cut ?? GOOD.length), ...tail);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      let outcome = "accepted";
      allocated = 0;
      try {
        const tensors = decodeSubmission(CONTEXT, bytes);
        for (const { codes, indices, kept, levels, tiling } of tensors) {
          assert.equal(indices.length, tiling.chunks * kept);
          assert.equal(codes.length, indices.length);
          assert.ok(levels.every(Number.isFinite) && codes.every((code) => code < 4));
          indices.forEach((index, i) => {
            assert.ok(index < tiling.chunkLength);
            if (i % kept > 0) assert.ok(index > indices[i - 1]);
          });
        }
      } catch (error) {
        assert.ok(error instanceof RefusedError, String(error));
        outcome = error.reason;
      }
      assert.ok(
        allocated <= ALLOCATED_MAX,
        `${allocated} bytes allocated, want at most ${ALLOCATED_MAX}`,
      );
      if (outcome === "accepted") assert.ok(allocated > ALLOCATED_MAX / 2, "nothing was counted");
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }),
    { seed: 5, numRuns: 100_000 },
  );
  // The mutations are useful only if they get past the header.
  for (
    const reason of ["accepted", "truncated", "trailing-bytes", "bad-coding", "index-out-of-range"]
  ) {
    assert.ok((outcomes.get(reason) ?? 0) > 100, `${reason}: ${outcomes.get(reason)}`);
  }
});
