import assert from "node:assert/strict";
import { join } from "node:path";
import { fixture } from "../../fixtures/fixture.ts";
import { HEAD } from "../llama/model/parameters.ts";
import { byteTokenizer } from "../tokenizer/byte_tokenizer.ts";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import { locateModel } from "./locate_model.ts";
import { readModelDirectory, writeModelDirectory } from "./model_directory.ts";

async function withCopy(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    for (
      const name of [
        "config.json",
        "model.safetensors.index.json",
        "m-00001-of-00002.safetensors",
        "m-00002-of-00002.safetensors",
      ]
    ) {
      await Deno.copyFile(fixture(`tiny_llama/${name}`), join(directory, name));
    }
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a model directory round-trips", async () => {
  const model = await readModelDirectory(fixture("tiny_llama"));
  const directory = await Deno.makeTempDir();
  await writeModelDirectory(directory, { ...model, tokenizerJson: byteTokenizer().json });
  const again = await readModelDirectory(directory);
  assert.deepEqual(again.config, model.config);
  assert.deepEqual(again.parameters, model.parameters);
  assert.equal(again.tokenizerJson, byteTokenizer().json);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("an existing head is used, whatever the config says", async () => {
  await withCopy(async (directory) => {
    const path = join(directory, "config.json");
    const config = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify({ ...config, tie_word_embeddings: true }));
    assert.equal((await locateModel(directory)).config.tiedEmbeddings, false);
    assert.ok((await readModelDirectory(directory)).parameters.has(HEAD));
  });
});

Deno.test("model.safetensors takes precedence over an index, and a note says so", async () => {
  await withCopy(async (directory) => {
    await Deno.copyFile(
      fixture("tiny_llama/model.bf16.safetensors"),
      join(directory, "model.safetensors"),
    );
    const { notes, tensors, types } = await locateModel(directory);
    assert.match(notes.join(), /model.safetensors overrides model.safetensors.index.json/);
    assert.deepEqual(types, ["bfloat16"]);
    assert.match([...tensors.values()][0].path, /\/model.safetensors$/);
  });
});

Deno.test("tensors that the configuration excludes are ignored, and a note says so", async () => {
  const directory = await Deno.makeTempDir();
  const biased = fixture("families/llama-bias");
  const config = JSON.parse(await Deno.readTextFile(join(biased, "config.json")));
  const text = JSON.stringify({ ...config, attention_bias: false });
  await Deno.writeTextFile(join(directory, "config.json"), text);
  await Deno.copyFile(join(biased, "model.safetensors"), join(directory, "model.safetensors"));
  const { notes, tensors } = await locateModel(directory);
  assert.match(notes.join(), /does not mention the tensor \S+_proj.bias and \d+ more: not used/);
  assert.ok(![...tensors.keys()].some((name) => /self_attn.*bias/.test(name)));
  assert.ok([...tensors.keys()].some((name) => /mlp.*bias/.test(name)));
  await Deno.remove(directory, { recursive: true });
});

Deno.test("readModelDirectory names the file and tensor at fault", async () => {
  const edits: [file: string, change: (text: string) => string, message: RegExp][] = [
    ["config.json", () => "{", /config.json: it is not JSON/],
    [
      "config.json",
      (text) => text.replace('"vocab_size": 300', '"vocab_size": 301'),
      /"model.embed_tokens.weight" in .*-00001-.* has shape \[300,64\], want \[301,64\]/,
    ],
    [
      "config.json",
      (text) => text.replace('"num_hidden_layers": 2', '"num_hidden_layers": 3'),
      /"model.layers.2.input_layernorm.weight" is missing/,
    ],
    ["model.safetensors.index.json", () => "{}", /no weight_map/],
    [
      "model.safetensors.index.json",
      (text) => text.replace("m-00001", "../m-00001"),
      /names the file/,
    ],
  ];
  for (const [file, change, message] of edits) {
    await withCopy(async (directory) => {
      const path = join(directory, file);
      await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
      await assert.rejects(() => readModelDirectory(directory), (error: Error) => {
        assert.ok(error instanceof CorruptFileError, String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

Deno.test("readModelDirectory refuses weights that are not finite", async () => {
  await withCopy(async (directory) => {
    const path = join(directory, "m-00001-of-00002.safetensors");
    const bytes = await Deno.readFile(path);
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, NaN, true);
    await Deno.writeFile(path, bytes);
    await assert.rejects(() => readModelDirectory(directory), /holds NaN, want finite numbers/);
  });
});
