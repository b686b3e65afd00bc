import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import fc from "fast-check";
import { fixture } from "../../../fixtures/fixture.ts";
import { withTinyModel } from "../../../testing/tiny_model.ts";
import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { InputError } from "../../input/input_error.ts";
import { openRelease } from "../open_release.ts";
import { writeRelease, type WriteSettings } from "../write_release.ts";
import { encodeGgufHeader } from "./encode_gguf_header.ts";
import { ggufTokenizer } from "./gguf_tokenizer.ts";
import { HeaderCutError, parseGgufHeader } from "./gguf_header.ts";

const HOOKS = { onBytes: () => {}, signal: new AbortController().signal };
const SETTINGS: WriteSettings = {
  dtype: undefined,
  shardBytesMax: 1e9,
  name: "tiny_llama",
  pre: undefined,
};
const TYPES = ["f32", "f16", "bf16", "q8_0", "q4_0"];

for (const dtype of TYPES) {
  Deno.test(`writeRelease gives the bytes of the gguf package for ${dtype}`, async () => {
    await withTinyModel(async (directory) => {
      const path = `${directory}/out.gguf`;
      const release = await openRelease(directory);
      const report = await writeRelease(path, "gguf", release, { ...SETTINGS, dtype }, HOOKS);
      await release.close();
      const wanted = await Deno.readFile(fixture(`gguf/tiny_llama.${dtype}.gguf`));
      assert.ok(Buffer.from(await Deno.readFile(path)).equals(wanted));
      assert.equal(report.summary() === undefined, dtype === "f32");
    });
  });
}

Deno.test("a model comes back from GGUF with the same bits, configuration and tokenizer", async () => {
  for (const dtype of ["f32", "bf16"]) {
    await withTinyModel(async (directory) => {
      const [there, back, again] = ["there", "back", "again"].map((name) => `${directory}/${name}`);
      const convert = async (from: string, to: string, format: "gguf" | "hugging-face") => {
        const release = await openRelease(from);
        await writeRelease(to, format, release, { ...SETTINGS, dtype }, HOOKS);
        await release.close();
      };
      await convert(directory, there, "hugging-face");
      await convert(there, `${again}.gguf`, "gguf");
      await convert(`${again}.gguf`, back, "hugging-face");
      const [before, after] = await Promise.all([there, back].map(openRelease));
      for (const [i, parameter] of before.parameters.entries()) {
        const count = parameter.dims.reduce((product, dim) => product * dim, 1);
        const [first, second] = [parameter, after.parameters[i]];
        assert.deepEqual([first.name, first.type], [second.name, second.type]);
        assert.deepEqual(await first.read(0, count), await second.read(0, count), first.name);
      }
      assert.equal(after.texts.get("tokenizer.json"), before.texts.get("tokenizer.json"));
      await before.close();
      await after.close();
      const [first, second] = await Promise.all(
        [there, back].map(async (folder) =>
          JSON.parse(await Deno.readTextFile(`${folder}/config.json`))
        ),
      );
      assert.deepEqual(second, first);
    });
  }
});

Deno.test("quantised files are read as what their blocks stand for", async () => {
  for (const [dtype, limit] of [["q8_0", 0.01], ["q4_0", 0.15]] as const) {
    const release = await openRelease(fixture(`gguf/tiny_llama.${dtype}.gguf`));
    const exact = await openRelease(fixture("gguf/tiny_llama.f32.gguf"));
    for (const [i, parameter] of release.parameters.entries()) {
      const count = parameter.dims.reduce((product, dim) => product * dim, 1);
      assert.equal(parameter.name, exact.parameters[i].name);
      if (parameter.dims.length < 2 || parameter.dims[1] % 32 !== 0) continue;
      const values = new Float32Array((await parameter.read(0, count)).buffer);
      const wanted = new Float32Array((await exact.parameters[i].read(0, count)).buffer);
      const errors = values.reduce((sum, value, at) => sum + (value - wanted[at]) ** 2, 0);
      const squares = wanted.reduce((sum, value) => sum + value ** 2, 0);
      assert.ok(Math.sqrt(errors / squares) < limit, parameter.name);
      const part = new Float32Array((await parameter.read(5, 77)).buffer);
      assert.deepEqual(part, values.slice(5, 77), "a part that begins within a block");
    }
    await release.close();
    await exact.close();
  }
});

Deno.test("NaN and infinity are refused by the name of their tensor", async () => {
  for (const value of [NaN, Infinity]) {
    await withTinyModel(async (directory) => {
      const path = `${directory}/model.safetensors`;
      const bytes = await Deno.readFile(path);
      // The last tensor of the file.
      new DataView(bytes.buffer).setFloat32(bytes.length - 40, value, true);
      await Deno.writeFile(path, bytes);
      const release = await openRelease(directory);
      for (const dtype of ["f16", "bf16", "q8_0", "q4_0", "q6_k", "q4_k_m"]) {
        const output = `${directory}/out.gguf`;
        await assert.rejects(
          () => writeRelease(output, "gguf", release, { ...SETTINGS, dtype }, HOOKS),
          (error) =>
            error instanceof InputError && /tensor "model\.|tensor "lm_head/.test(error.message),
          dtype,
        );
        await assert.rejects(() => Deno.stat(output), Deno.errors.NotFound);
      }
      await release.close();
    });
  }
});

const FILE_BYTES = 1000;
/** A header with values of every kind. */
const HEADER = encodeGgufHeader([
  { key: "general.architecture", kind: "string", value: "llama" },
  ...(["u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "u64", "i64", "f64"] as const)
    .map((kind) => ({ key: kind, kind, value: 1 })),
  { key: "tokens", kind: "string", value: ["a", "bc"] },
  { key: "types", kind: "i32", value: [1, 2, 3] },
], [
  { name: "a", dims: [2, 32], type: "Q8_0" },
  { name: "b", dims: [3], type: "F32" },
]);

Deno.test("50,000 mutated headers give a header or a typed error", () => {
  const seen = { headers: 0, errors: 0 };
  const change = fc.tuple(fc.nat(HEADER.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = HEADER.slice();
      for (const [at, value] of changes) bytes[at] = value;
      try {
        parseGgufHeader(bytes, FILE_BYTES);
        seen.headers++;
      } catch (cause) {
        assert.ok(cause instanceof CorruptFileError || cause instanceof HeaderCutError, `${cause}`);
        seen.errors++;
      }
    }),
    { numRuns: 50_000, seed: 12 },
  );
  assert.ok(seen.headers > 1000 && seen.errors > 10_000, JSON.stringify(seen));
});

Deno.test("parseGgufHeader names what is wrong before it allocates", () => {
  const changed = (at: number, value: bigint) => {
    const bytes = HEADER.slice();
    new DataView(bytes.buffer).setBigUint64(at, value, true);
    return () => parseGgufHeader(bytes, FILE_BYTES);
  };
  assert.throws(changed(8, 2n ** 63n), /it has 9223372036854775808 tensors, want at most/);
  assert.throws(changed(16, 2n ** 40n), /it has 1099511627776 keys, want at most/);
  assert.throws(changed(24, 2n ** 50n), /bytes of a key, want at most/);
  assert.throws(() => parseGgufHeader(HEADER.slice(0, 3), 3), /ends within its header/);
  assert.throws(() => parseGgufHeader(new Uint8Array(64), 64), /does not begin with GGUF/);
});

Deno.test("a header comes back from its bytes, however long it is", () => {
  const tokens = Array.from({ length: 50_000 }, (_, id) => `token ${id} \u{1f600}`);
  const bytes = encodeGgufHeader([
    { key: "tokens", kind: "string", value: tokens },
    { key: "big", kind: "u64", value: 2 ** 53 - 1 },
    { key: "low", kind: "i8", value: -128 },
    { key: "real", kind: "f64", value: Math.PI },
  ], [{ name: "x", dims: [3, 5], type: "F16" }]);
  const { metadata, tensors } = parseGgufHeader(bytes, bytes.length + 32);
  assert.deepEqual(metadata.get("tokens"), tokens);
  assert.deepEqual(
    ["big", "low", "real"].map((key) => Number(metadata.get(key))),
    [2 ** 53 - 1, -128, Math.PI],
  );
  const { length } = bytes;
  assert.deepEqual(tensors.get("x"), {
    name: "x",
    dims: [3, 5],
    type: "F16",
    start: length,
    end: length + 30,
  });
});

Deno.test("a head beside a configuration that ties it comes back from GGUF", async () => {
  await withTinyModel(async (directory) => {
    const path = `${directory}/config.json`;
    const config = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify({ ...config, tie_word_embeddings: true }));
    const release = await openRelease(directory);
    await writeRelease(`${directory}/x.gguf`, "gguf", release, SETTINGS, HOOKS);
    const back = await openRelease(`${directory}/x.gguf`);
    assert.equal(back.parameters.length, release.parameters.length);
    assert.equal(back.configJson.tie_word_embeddings, false);
    await release.close();
    await back.close();
  });
});

Deno.test("tokens with the names of JavaScript's own keep their places", () => {
  const vocab = { constructor: 0, prototype: 1, toString: 2 };
  const json = JSON.stringify({ model: { vocab, merges: [] } });
  const entries = ggufTokenizer(json, 4, { bos: undefined, eos: undefined, addBos: false });
  const value = (key: string) =>
    entries.find((each) => each.key === `tokenizer.ggml.${key}`)!.value;
  assert.deepEqual(value("tokens"), ["constructor", "prototype", "toString", "[PAD3]"]);
  assert.deepEqual(value("token_type"), [1, 1, 1, 5]);
});
