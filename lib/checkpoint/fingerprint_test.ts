import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fixture } from "../../fixtures/fixture.ts";
import { withDirectory } from "../../testing/with_directory.ts";
import { TokenizerFile } from "../tokenizer/tokenizer_file.ts";
import { fingerprint } from "./fingerprint.ts";
import { locateModel } from "./locate_model.ts";
import { readSpecialTokens } from "./read_special_tokens.ts";

Deno.test("fingerprint changes with weights, configuration and tokenizer, and with nothing else", async () => {
  await withDirectory(async (directory) => {
    const of = async (tokenizer = "{}", override = {}) =>
      await fingerprint(await locateModel(directory, override), tokenizer);
    for (const [from, to] of [["model.f32.safetensors", "model.safetensors"], ["config.json"]]) {
      await cp(fixture(`tiny_llama/${from}`), join(directory, to ?? from));
    }
    const first = await of();
    await Deno.writeTextFile(join(directory, "notes.txt"), "more");
    assert.equal(await of(), first);
    assert.notEqual(await of('{"a":1}'), first);
    assert.notEqual(await of("{}", { rms_norm_eps: 1e-3 }), first);
    const path = join(directory, "model.safetensors");
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 5] ^= 1;
    await Deno.writeFile(path, bytes);
    assert.notEqual(await of(), first);
  });
});

Deno.test("readSpecialTokens prefers settings to config.json, and collects all EOS tokens", async () => {
  await withDirectory(async (directory) => {
    const model = await locateModel(fixture("tiny_llama"));
    const located = { ...model, config: { ...model.config, bosTokenId: 1, eosTokenIds: [2] } };
    const tokenizer = { ids: new Map([["<s>", 7], ["</s>", 8]]) } as unknown as TokenizerFile;
    const read = (named: [string, string][]) =>
      readSpecialTokens(directory, tokenizer, new Map(named), located);
    assert.deepEqual(await read([]), { bos: 1, eos: [2] });
    const generation = join(directory, "generation_config.json");
    await Deno.writeTextFile(generation, JSON.stringify({ eos_token_id: [2, 9, "x"] }));
    assert.deepEqual(await read([["bos_token", "<s>"], ["eos_token", "</s>"]]), {
      bos: 7,
      eos: [8, 2, 9],
    });
    assert.deepEqual((await read([["eos_token", "</s>"]])).bos, undefined);
  });
});
