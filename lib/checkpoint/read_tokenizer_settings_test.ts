import assert from "node:assert/strict";
import { join } from "node:path";
import { fixture } from "../../fixtures/fixture.ts";
import { TokenizerError, TokenizerFile } from "../tokenizer/tokenizer_file.ts";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import { readTokenizerSettings } from "./read_tokenizer_settings.ts";

interface Case {
  tokenizer: string;
  files: Record<string, unknown>;
  /** Error of transformers, if it fails. */
  error?: string;
  ids: number[][];
  /** Ids with special tokens; 0 where they are the same. */
  special: (number[] | 0)[];
  decoded: string[];
  /** Decoded without special tokens; 0 where it is the same. */
  plain: (string | 0)[];
  named: Record<string, string>;
}

const { cases, texts, tokenizers } = JSON.parse(
  await Deno.readTextFile(fixture("tokenizers/settings.json")),
) as { cases: Record<string, Case>; texts: string[]; tokenizers: Record<string, unknown> };

/** Settings that are refused by name, though transformers accepts them. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  class_bert: /tokenizer_class is BertTokenizer, which is not supported/,
  roberta_class: /tokenizer_class is RobertaTokenizerFast/,
  code_llama_class: /tokenizer_class is CodeLlamaTokenizer/,
  code_llama_class_space_false: /tokenizer_class is CodeLlamaTokenizer/,
  code_llama_no_infill: /tokenizer_class is CodeLlamaTokenizer/,
  versioned_file: /fast_tokenizer_files/,
  map_add_bos: /add_bos_token there/,
  clean_up_forced: /even_though_it_will_corrupt_output/,
};
/** Cases in which transformers fails and this does not; nothing is computed wrongly by that. */
const TAKEN = ["class_unknown_in_config_json", "no_added_tokens_key", "key_is_a_method"];
/** Remaining differences: flags and order of tokens that are defined in two files. */
const LEFT = [
  "map_extra",
  "additional_class_qwen2",
  "listed_changed_class_file",
  "added_clash_class_llama",
];

async function open({ files, tokenizer }: Case): Promise<TokenizerFile> {
  const directory = await Deno.makeTempDir({ prefix: "covey-settings-" });
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeTextFile(join(directory, name), JSON.stringify(content));
    }
    const settings = await readTokenizerSettings(directory);
    return new TokenizerFile(JSON.stringify(tokenizers[tokenizer]), settings);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("settings beside a tokenizer change its tokens as in transformers, or are refused by name", async () => {
  for (const [name, each] of Object.entries(cases)) {
    if (
      LEFT.includes(name) || !each.ids && !each.error || !Object.hasOwn(tokenizers, each.tokenizer)
    ) continue;
    if (name in REFUSED || (each.error && !TAKEN.includes(name))) {
      await assert.rejects(() => open(each), (error: Error) => {
        assert.ok(error instanceof CorruptFileError || error instanceof TokenizerError, name);
        if (name in REFUSED) assert.match(error.message, REFUSED[name], name);
        return true;
      }, name);
      continue;
    }
    const tokenizer = await open(each);
    if (each.error) continue;
    texts.forEach((text, i) => {
      const special = each.special[i] || each.ids[i];
      assert.deepEqual(tokenizer.encode(text, false), each.ids[i], `${name}: ${text}`);
      assert.deepEqual(tokenizer.encode(text, true), special, `${name}: ${text}`);
      assert.equal(tokenizer.decode(special, false), each.decoded[i], name);
      assert.equal(
        tokenizer.decode(special, true),
        each.plain[i] === 0 ? each.decoded[i] : each.plain[i],
        name,
      );
    });
    for (const token of ["bos_token", "eos_token", "unk_token"]) {
      assert.equal(tokenizer.named.get(token), each.named[token], `${name}: ${token}`);
    }
  }
});

Deno.test("readTokenizerSettings refuses invalid settings", async () => {
  const files: [config: unknown, message: RegExp][] = [
    [{ added_tokens_decoder: null }, /added_tokens_decoder is not an object/],
    [{ added_tokens_decoder: { 5: "text" } }, /added_tokens_decoder is not an object/],
    [{ added_tokens_decoder: { x: { content: "a" } } }, /added_tokens_decoder is not an object/],
    [{ tokenizer_class: 7 }, /tokenizer_class is not a string/],
    [{ padding_side: "top" }, /padding_side is "top", want left or right/],
    [{ fix_mistral_regex: true }, /fix_mistral_regex is not supported/],
  ];
  for (const [config, message] of files) {
    const each = { ...cases.no_effect, files: { "tokenizer_config.json": config } };
    await assert.rejects(() => open(each), message);
  }
});
