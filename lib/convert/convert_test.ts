import assert from "node:assert/strict";
import { withTinyModel } from "../../testing/tiny_model.ts";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import { InputError } from "../input/input_error.ts";
import { averageReleases } from "./average_releases.ts";
import { describeRelease } from "./describe_release.ts";
import { withType } from "./config_keys.ts";
import { convertFloats } from "./floats/convert_floats.ts";
import { type FloatType } from "./floats/float_type.ts";
import { LossReport } from "./floats/loss_report.ts";
import { openRelease } from "./open_release.ts";
import { permuteRotaryRows } from "./permute_rotary_rows.ts";
import { writeRelease, type WriteSettings } from "./write_release.ts";

const HOOKS = { onBytes: () => {}, signal: new AbortController().signal };
const SETTINGS: WriteSettings = {
  dtype: undefined,
  shardBytesMax: 1e9,
  name: "tiny",
  pre: undefined,
};

function bytesOf(values: Float32Array | Float64Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.slice().buffer);
}

function convert(values: number[], to: FloatType, report = new LossReport()): number[] {
  const bytes = convertFloats("x", bytesOf(Float32Array.from(values)), "F32", to, report);
  const back = convertFloats("x", bytes, to, "F32", new LossReport());
  return [...new Float32Array(back.buffer)];
}

Deno.test("convertFloats rounds to nearest, ties to even", () => {
  // Halfway between neighbours of bf16 (8 bits) and of f16 (11 bits).
  assert.deepEqual(convert([1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20], "BF16"), [
    1,
    1 + 2 ** -6,
    1 + 2 ** -7,
  ]);
  assert.deepEqual(convert([1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519], "F16"), [
    1,
    1 + 2 ** -9,
    65504,
  ]);
  assert.deepEqual(convert([-0, 2 ** -134, 3 * 2 ** -134], "BF16"), [-0, 0, 2 ** -132]);
});

Deno.test("convertFloats agrees between tables and arithmetic on every 16-bit value", () => {
  for (const [from, to] of [["BF16", "F16"], ["F16", "BF16"]] as const) {
    const codes = Uint16Array.from({ length: 65536 }, (_, code) => code);
    const values = new Float32Array(
      convertFloats("x", new Uint8Array(codes.buffer), from, "F32", new LossReport()).buffer,
    );
    const fits = (value: number) =>
      Number.isFinite(value) && (to === "BF16" || Math.abs(value) < 65520);
    const some = codes.filter((code) => fits(values[code]));
    const bytes = new Uint8Array(some.buffer);
    const direct = convertFloats("x", bytes, from, to, new LossReport());
    const over = convertFloats("x", bytesOf(values.filter(fits)), "F32", to, new LossReport());
    assert.deepEqual(direct, over);
  }
});

Deno.test("convertFloats reports what is lost, and refuses what does not fit", () => {
  const report = new LossReport();
  convert([1, 3 + 2 ** -10], "BF16", report);
  assert.match(report.summary()!, /largest error 9\.77e-4 \(x\), relative error 3\.09e-4/);
  const exact = new LossReport();
  convert([1, -2, 0.5], "F16", exact);
  assert.equal(exact.summary(), undefined);
  for (const value of [NaN, Infinity, 1e6]) {
    assert.throws(() => convert([value], "F16"), InputError);
  }
  const code = new Uint8Array(Uint16Array.of(0x7f80).buffer);
  assert.throws(
    () => convertFloats("x", code, "BF16", "F16", new LossReport()),
    /it holds Infinity/,
  );
});

Deno.test("permuteRotaryRows pairs neighbours as Meta's checkpoints do, and undoes itself", async () => {
  // Two heads of four rows, two columns: the number of each row.
  const rows = Float32Array.from({ length: 16 }, (_, i) => i >> 1);
  const source = {
    name: "q",
    dims: [8, 2],
    type: "F32",
    read: (start: number, end: number) => Promise.resolve(bytesOf(rows.subarray(start, end))),
  };
  const rowsOf = async (tensor: typeof source) =>
    [...new Float32Array((await tensor.read(0, 16)).buffer)].filter((_, i) => i % 2 === 0);
  const neighbours = permuteRotaryRows(source, 2, "neighbours") as typeof source;
  assert.deepEqual(await rowsOf(neighbours), [0, 2, 1, 3, 4, 6, 5, 7]);
  const back = permuteRotaryRows(neighbours, 2, "halves") as typeof source;
  assert.deepEqual(await rowsOf(back), [0, 1, 2, 3, 4, 5, 6, 7]);
  const part = new Float32Array((await neighbours.read(3, 9)).buffer);
  assert.deepEqual([...part], [2, 1, 1, 3, 3, 4]);
});

Deno.test("a Hugging Face directory becomes one of other shards with the same tensors", async () => {
  await withTinyModel(async (directory) => {
    const output = `${directory}/out`;
    const release = await openRelease(directory);
    await writeRelease(output, "hugging-face", release, { ...SETTINGS, shardBytesMax: 1e5 }, HOOKS);
    const names = [...Deno.readDirSync(output)].map(({ name }) => name);
    assert.ok(names.includes("model-00001-of-00006.safetensors"), names.join(" "));
    assert.ok(names.includes("model.safetensors.index.json"));
    const again = await openRelease(output);
    assert.deepEqual(describeRelease(again).parameters, describeRelease(release).parameters);
    for (const [i, tensor] of release.parameters.entries()) {
      const count = tensor.dims.reduce((product, dim) => product * dim, 1);
      assert.deepEqual(await again.parameters[i].read(0, count), await tensor.read(0, count));
    }
    await release.close();
    await again.close();
  });
});

Deno.test("a conversion that is ended leaves no file under a final name", async () => {
  await withTinyModel(async (directory) => {
    for (const to of ["hugging-face", "gguf"] as const) {
      const release = await openRelease(directory);
      const stop = new AbortController();
      const onBytes = () => stop.abort(new Error("stopped"));
      const output = `${directory}/out.${to}`;
      await assert.rejects(
        () => writeRelease(output, to, release, SETTINGS, { onBytes, signal: stop.signal }),
        { message: "stopped" },
      );
      await release.close();
      const left = to === "gguf"
        ? [...Deno.readDirSync(directory)].filter(({ name }) => name.startsWith("out.gguf"))
        : [...Deno.readDirSync(output)];
      assert.deepEqual(left, []);
    }
  });
});

Deno.test("openRelease says what it does not know", async () => {
  await withTinyModel(async (directory) => {
    await Deno.writeTextFile(`${directory}/notes.txt`, "some text");
    await assert.rejects(() => openRelease(`${directory}/notes.txt`), /none of a Hugging Face/);
    await assert.rejects(() => openRelease(`${directory}/missing`), InputError);
    await Deno.writeTextFile(`${directory}/cut.gguf`, "GGUF\x03\0\0\0");
    await assert.rejects(() => openRelease(`${directory}/cut.gguf`), CorruptFileError);
    await Deno.remove(`${directory}/config.json`);
    await assert.rejects(() => openRelease(directory), /it has no config.json/);
  });
});

Deno.test("averageReleases weighs models, and refuses others", async () => {
  await withTinyModel(async (directory) => {
    const other = `${directory}/other`;
    const first = await openRelease(directory);
    await writeRelease(other, "hugging-face", first, SETTINGS, HOOKS);
    // Every element of the other model is twice that of the first.
    const path = `${other}/model.safetensors`;
    const bytes = await Deno.readFile(path);
    const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const floats = new Float32Array(bytes.buffer.slice(start)).map((value) => 2 * value);
    bytes.set(new Uint8Array(floats.buffer), start);
    await Deno.writeFile(path, bytes);
    const second = await openRelease(other);
    const average = averageReleases([first, second], [3, 1]);
    for (const [i, { dims, read }] of average.parameters.entries()) {
      const count = dims.reduce((product, dim) => product * dim, 1);
      const values = new Float32Array((await read(0, count)).buffer);
      const wanted = new Float32Array((await first.parameters[i].read(0, count)).buffer);
      assert.deepEqual(values, wanted.map((value) => 1.25 * value));
    }
    for (const weights of [[1], [0, 0], [1, -1], [1, NaN]]) {
      assert.throws(() => averageReleases([first, second], weights), InputError);
    }
    const shorter = { ...second, parameters: second.parameters.slice(1) };
    assert.throws(() => averageReleases([first, shorter], [1, 1]), /is missing in another/);
    await average.close();
  });
});

Deno.test("a directory that is written again holds the new model alone", async () => {
  await withTinyModel(async (directory) => {
    const output = `${directory}/out`;
    const release = await openRelease(directory);
    await writeRelease(output, "hugging-face", release, { ...SETTINGS, dtype: "bf16" }, HOOKS);
    await Deno.writeTextFile(`${output}/chat_template.jinja`, "of an earlier model");
    await writeRelease(output, "hugging-face", release, { ...SETTINGS, shardBytesMax: 1e5 }, HOOKS);
    const names = [...Deno.readDirSync(output)].map(({ name }) => name);
    assert.ok(!names.includes("model.safetensors") && !names.includes("chat_template.jinja"));
    const again = await openRelease(output);
    assert.ok(again.stored.every(({ type }) => type === "F32"));
    await release.close();
    await again.close();
  });
});

Deno.test("withType sets the key that a configuration has, and only that", () => {
  assert.deepEqual(withType({ a: 1, dtype: "bfloat16", torch_dtype: "float16" }, "F32"), {
    a: 1,
    dtype: "float32",
  });
  assert.deepEqual(withType({ a: 1 }, "BF16"), { a: 1, torch_dtype: "bfloat16" });
});
