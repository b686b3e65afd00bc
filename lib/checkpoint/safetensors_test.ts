import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { fixture } from "../../fixtures/fixture.ts";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import { replaceFile } from "../file/replace_file.ts";
import { openSafetensors } from "./safetensors_file.ts";
import { parseSafetensorsHeader, safetensorsHeaderBytes } from "./safetensors_header.ts";
import { toFloat32 } from "./to_float32.ts";
import { writeSafetensors } from "./write_safetensors.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("safetensors files round-trip", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "x.safetensors");
    const tensors = [
      { name: "a", dims: [2, 2], data: Float32Array.of(1, -2, 3.5, 0) },
      { name: "empty", dims: [0], data: new Float32Array() },
      { name: "scalar", dims: [], data: Float32Array.of(7) },
    ];
    await writeSafetensors(path, tensors, { format: "pt", note: "ü" });
    const file = await openSafetensors(path);
    for (const { name, dims, data } of tensors) {
      assert.deepEqual(file.tensors.get(name)!.dims, dims);
      assert.deepEqual(await file.float32(name), data);
    }
    assert.equal(file.metadata.note, "ü");
    await assert.rejects(() => file.float32("b"), /it has no tensor "b"/);
    await file.close();
  });
});

Deno.test("openSafetensors refuses a file truncated at any point", async () => {
  await withDirectory(async (directory) => {
    const whole = await Deno.readFile(fixture("tiny_llama/model.bf16.safetensors"));
    const path = join(directory, "cut.safetensors");
    for (const length of [0, 7, 8, 100, 2000, whole.length - 1]) {
      await Deno.writeFile(path, whole.subarray(0, length));
      await assert.rejects(() => openSafetensors(path), CorruptFileError, `${length} bytes`);
    }
    await Deno.writeFile(path, Uint8Array.of(...whole.subarray(0, 3000), 0));
    await assert.rejects(() => openSafetensors(path), CorruptFileError);
  });
});

Deno.test("parseSafetensorsHeader names what is wrong", () => {
  const cases: [header: unknown, bytes: number, message: RegExp][] = [
    [[], 0, /not an object/],
    [{ a: { dtype: "F99", shape: [1], data_offsets: [0, 4] } }, 4, /"a" has type "F99"/],
    [{ a: { dtype: "toString", shape: [1], data_offsets: [0, 4] } }, 4, /has type "toString"/],
    [{ a: { dtype: "F32", shape: [-1], data_offsets: [0, 4] } }, 4, /has shape \[-1\]/],
    [{ a: { dtype: "F32", shape: [1e300], data_offsets: [0, 4] } }, 4, /has shape/],
    [{ a: { dtype: "F32", shape: [2], data_offsets: [0, 4] } }, 4, /has 4 bytes, want 8/],
    [{ a: { dtype: "F32", shape: [1], data_offsets: [4, 0] } }, 4, /has offsets \[4,0\]/],
    [{ a: { dtype: "F32", shape: [1], data_offsets: [4, 8] } }, 8, /starts at byte .*, want/],
    [
      {
        a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
        b: { dtype: "F32", shape: [1], data_offsets: [2, 6] },
      },
      6,
      /"b" starts at byte/,
    ],
    [{ a: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, 5, /tensors end at byte/],
    [{ a: null }, 0, /"a" has type undefined/],
    [{ __metadata__: { a: 1 } }, 0, /metadata has a value that is not text/],
  ];
  for (const [header, bytes, message] of cases) {
    const json = encode(JSON.stringify(header));
    assert.throws(() => parseSafetensorsHeader(json, 8 + json.length + bytes), (error: Error) => {
      assert.ok(error instanceof CorruptFileError);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.throws(() => safetensorsHeaderBytes(new Uint8Array(8).fill(255), 1e12), CorruptFileError);
});

Deno.test("parseSafetensorsHeader throws only typed errors", () => {
  const good = JSON.stringify({ a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] } });
  const mutated = fc.tuple(fc.nat(good.length), fc.nat(good.length), fc.string()).map(
    ([from, to, middle]) => good.slice(0, from) + middle + good.slice(to),
  );
  fc.assert(
    fc.property(fc.oneof(mutated, fc.json()), fc.nat(64), (text, bytes) => {
      const json = encode(text);
      try {
        parseSafetensorsHeader(json, 8 + json.length + bytes);
      } catch (error) {
        assert.ok(error instanceof CorruptFileError, String(error));
      }
    }),
    { seed: 9, numRuns: 5000 },
  );
});

Deno.test("toFloat32 widens the float types", () => {
  const bf16 = Uint8Array.of(0x80, 0x3f, 0x00, 0xc0);
  assert.deepEqual([...toFloat32("BF16", bf16)], [1, -2]);
  assert.deepEqual([...toFloat32("F16", Uint8Array.of(0x00, 0x3c))], [1]);
  assert.deepEqual([...toFloat32("F64", new Uint8Array(Float64Array.of(0.5).buffer))], [0.5]);
  assert.throws(() => toFloat32("I64", new Uint8Array(8)), CorruptFileError);
});

Deno.test("replaceFile keeps the old file when it fails", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "x");
    await replaceFile(path, ["old"]);
    await Deno.mkdir(`${path}.tmp`);
    await assert.rejects(() => replaceFile(path, ["new"]));
    assert.equal(await Deno.readTextFile(path), "old");
  });
});
