import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fixture } from "../../../fixtures/fixture.ts";
import { withTinyModel } from "../../../testing/tiny_model.ts";
import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { elementCount } from "../../tensor/dims.ts";
import { openRelease } from "../open_release.ts";
import { permuteRotaryRows } from "../permute_rotary_rows.ts";
import type { Release } from "../release.ts";
import { writeRelease } from "../write_release.ts";
import { LLAMA2C_MAGIC, llama2cLayout } from "./llama2c_layout.ts";

const HOOKS = { onBytes: () => {}, signal: new AbortController().signal };
const SETTINGS = { dtype: undefined, shardBytesMax: 1e9, name: "tiny", pre: undefined };
/** Hashes of the small model's files, laid out with numpy. */
const WANTED = JSON.parse(await Deno.readTextFile(fixture("llama2c.json"))) as Record<
  string,
  { bytes: number; sha256: string }
>;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function assertSame(path: string, model: Release): Promise<void> {
  const back = await openRelease(path);
  for (const [i, { dims, name, read }] of model.parameters.entries()) {
    assert.equal(back.parameters[i].name, name);
    const count = elementCount(dims);
    assert.deepEqual(await back.parameters[i].read(0, count), await read(0, count), name);
  }
  await back.close();
}

/** A file of version 1, which is only read. */
async function versionOne({ config, parameters }: Release): Promise<Uint8Array> {
  const bytes = new Uint8Array(WANTED[1].bytes);
  const { heads, hiddenSize, intermediateSize, keyValueHeads, layers, positionsMax, vocabSize } =
    config;
  const sizes = [
    hiddenSize,
    intermediateSize,
    layers,
    heads,
    keyValueHeads,
    vocabSize,
    positionsMax,
  ];
  new Int32Array(bytes.buffer).set([LLAMA2C_MAGIC, 1, ...sizes]);
  let at = 256;
  for (const { dims, name } of llama2cLayout(config, 1)) {
    const parameter = parameters.find((each) => each.name === name)!;
    const rotary = /\.(q|k)_proj\./.exec(name)?.[1];
    const source = rotary
      ? permuteRotaryRows(parameter, rotary === "q" ? heads : keyValueHeads, "neighbours")
      : parameter;
    bytes.set(await source.read(0, elementCount(dims)), at);
    at += 4 * elementCount(dims);
  }
  return bytes;
}

Deno.test("llama2.c files of both versions have numpy's bytes, and come back with the same bits", async () => {
  await withTinyModel(async (directory) => {
    const model = await openRelease(directory);
    const path = `${directory}/zero.bin`;
    await writeRelease(path, "llama2.c", model, SETTINGS, HOOKS);
    assert.equal(sha256(await Deno.readFile(path)), WANTED[0].sha256);
    await assertSame(path, model);
    const one = await versionOne(model);
    assert.equal(sha256(one), WANTED[1].sha256);
    await Deno.writeFile(`${directory}/one.bin`, one);
    await assertSame(`${directory}/one.bin`, model);
    await model.close();
  });
});

Deno.test("what a llama2.c file cannot hold is refused by name, and a cut one is damaged", async () => {
  await withTinyModel(async (directory) => {
    const config = JSON.parse(await Deno.readTextFile(`${directory}/config.json`));
    await Deno.writeTextFile(
      `${directory}/config.json`,
      JSON.stringify({ ...config, rope_theta: 500000 }),
    );
    const model = await openRelease(directory);
    await assert.rejects(
      () => writeRelease(`${directory}/out.bin`, "llama2.c", model, SETTINGS, HOOKS),
      /Cannot write llama2\.c: rope_theta is 500000, want 10000/,
    );
    const bytes = await versionOne(model);
    await model.close();
    await Deno.writeFile(`${directory}/cut.bin`, bytes.subarray(0, bytes.length - 4));
    await assert.rejects(() => openRelease(`${directory}/cut.bin`), CorruptFileError);
    bytes[4] = 2;
    await Deno.writeFile(`${directory}/two.bin`, bytes);
    await assert.rejects(() => openRelease(`${directory}/two.bin`), /version 2 of llama2\.c/);
  });
});
