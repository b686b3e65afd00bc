import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { fixture } from "../../fixtures/fixture.ts";
import { byteTokenizer } from "./byte_tokenizer.ts";
import { TokenizerError, TokenizerFile } from "./tokenizer_file.ts";
import type { TokenProperties } from "./tokenizer_settings.ts";

const read = (name: string) => Deno.readTextFileSync(fixture(`tokenizers/${name}.json`));
const STYLES = ["llama3", "llama2", "gemma", "qwen2", "smollm"];
const EXPECTED = JSON.parse(read("expected"));
const SHARED = join(fixture(".."), "../shared/data/tokenizers");

for (const style of STYLES) {
  Deno.test(`TokenizerFile matches Hugging Face's library for the ${style} style`, () => {
    const tokenizer = new TokenizerFile(read(style));
    EXPECTED.strings.forEach((text: string, i: number) => {
      const expected = EXPECTED[style];
      assert.deepEqual(tokenizer.encode(text, true), expected.with[i], text);
      assert.deepEqual(tokenizer.encode(text, false), expected.without[i], text);
      assert.equal(tokenizer.decode(expected.with[i], false), expected.decoded[i]);
      assert.equal(tokenizer.decode(expected.with[i], true), expected.decoded_plain[i]);
    });
  });
}

Deno.test({
  name: "TokenizerFile reproduces the recorded tokens of vocabularies of 16 and 32 thousand",
  ignore: !existsSync(SHARED) && (console.error(`skipped: ${SHARED} not found`), true),
  fn: () => {
    const expected = JSON.parse(Deno.readTextFileSync(join(SHARED, "expected.json")));
    for (const name of ["gpt2", "llama2new"]) {
      const tokenizer = new TokenizerFile(Deno.readTextFileSync(join(SHARED, `${name}.json`)));
      expected.strings.forEach((text: string, i: number) => {
        const plain = expected.without_special_tokens[name][i];
        assert.deepEqual(tokenizer.encode(text, true), expected.with_special_tokens[name][i]);
        assert.deepEqual(tokenizer.encode(text, false), plain);
        assert.equal(tokenizer.decode(plain, false), expected.decoded[name][i]);
      });
    }
  },
});

Deno.test("TokenizerFile round-trips any text in the lossless styles", () => {
  const tokenizers = ["llama3", "gemma", "smollm"].map((style) => new TokenizerFile(read(style)));
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      // Gemma's space marker decodes to a space.
      if (text.includes("▁")) return;
      for (const tokenizer of tokenizers) {
        assert.equal(tokenizer.decode(tokenizer.encode(text, false), false), text.toWellFormed());
      }
    }),
    { seed: 4, numRuns: 300 },
  );
});

Deno.test("TokenizerFile takes linear time on texts without split points", () => {
  for (const style of STYLES) {
    const tokenizer = new TokenizerFile(read(style));
    for (const text of ["x".repeat(300_000), " ".repeat(300_000) + "x", "é".repeat(100_000)]) {
      assert.ok(tokenizer.encode(text, true).length > 0);
    }
  }
});

Deno.test("TokenizerFile finds a token in spaces absorbed by the previous one, as the library does", () => {
  const file = JSON.parse(byteTokenizer().json);
  const added = [{ id: 257, content: "\n", rstrip: true }, { id: 258, content: "  " }];
  const tokenizer = new TokenizerFile(
    JSON.stringify({ ...file, added_tokens: [...file.added_tokens, ...added] }),
  );
  assert.deepEqual(tokenizer.encode("\n   2", false), [257, 258, 32, 50]);
  assert.deepEqual(tokenizer.encode("\n 2", false), [257, 50]);
});

Deno.test("TokenizerFile refuses what it does not support, by name", () => {
  const file = JSON.parse(byteTokenizer().json);
  const cases: [change: Record<string, unknown>, message: RegExp][] = [
    [{ model: { ...file.model, type: "Unigram" } }, /model type is "Unigram", want "BPE"/],
    [{ model: { ...file.model, dropout: 0.1 } }, /model has dropout 0.1/],
    [{ model: { ...file.model, merges: ["a b c"] } }, /a merge is "a b c"/],
    [{ model: { ...file.model, merges: ["a zz"] } }, /a merge names "zz"/],
    [{ normalizer: { type: "Nmt" } }, /normalizer type is Nmt, want NFC/],
    [
      { pre_tokenizer: { type: "Split", pattern: { Regex: "(a)\\1" }, behavior: "Isolated" } },
      /has \\1 at/,
    ],
    [{ pre_tokenizer: { type: "Split", pattern: { Regex: "(" }, behavior: "Isolated" } }, /./],
    [{ post_processor: { type: "TemplateProcessing", single: [] } }, /text 0 times, want once/],
    [{ post_processor: { type: "BertProcessing", sep: ["a", 999], cls: ["a", 1] } }, /id 999/],
    [{ added_tokens: [{ id: 5 }] }, /an added token is {"id":5}, want one with content/],
    [{ decoder: { type: "CTC" } }, /decoder type is CTC/],
  ];
  for (const [change, message] of cases) {
    assert.throws(
      () => new TokenizerFile(JSON.stringify({ ...file, ...change })),
      (error: Error) => {
        assert.ok(error instanceof TokenizerError, String(error));
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

Deno.test("TokenizerFile throws only typed errors, whatever a file contains", () => {
  const file = JSON.parse(read("llama2"));
  const places: [holder: Record<string, unknown>, key: string][] = [];
  const collect = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value).slice(0, 12)) {
      places.push([value as Record<string, unknown>, key]);
      collect((value as Record<string, unknown>)[key]);
    }
  };
  collect(file);
  fc.assert(
    fc.property(fc.nat(places.length - 1), fc.jsonValue({ maxDepth: 2 }), (at, value) => {
      const [holder, key] = places[at];
      const before = holder[key];
      holder[key] = value;
      try {
        new TokenizerFile(JSON.stringify(file)).encode("a <s> b  c", true);
      } catch (error) {
        assert.ok(error instanceof TokenizerError, `${key}: ${error}`);
      } finally {
        holder[key] = before;
      }
    }),
    { seed: 8, numRuns: 1500 },
  );
});

Deno.test("TokenizerFile bounds the growth of normalized texts", () => {
  const file = JSON.parse(byteTokenizer().json);
  const doubling = { type: "Replace", pattern: { Regex: "[\\s\\S]" }, content: "ab" };
  const with_ = (count: number) =>
    new TokenizerFile(JSON.stringify({
      ...file,
      normalizer: { type: "Sequence", normalizers: new Array(count).fill(doubling) },
    }));
  assert.throws(() => with_(20).encode("hello", false), /it grows from 5 characters/);
  assert.throws(() => with_(40), /40 steps, want at most 32/);
});

Deno.test("TokenizerFile lets settings override the file's properties of added tokens", () => {
  const { json } = byteTokenizer();
  const settings = (values: Record<string, unknown>, listed?: [number, TokenProperties][]) => ({
    values,
    listed: listed && new Map(listed),
    further: new Map(),
    className: undefined,
    modelType: undefined,
  });
  const text = "a<|endoftext|> b";
  assert.deepEqual(new TokenizerFile(json).encode(text, false), [97, 256, 32, 98]);
  const token = { content: "<|endoftext|>", rstrip: true, lstrip: false, special: true };
  const stripping = new TokenizerFile(json, settings({}, [[256, token]]));
  assert.deepEqual(stripping.encode(text, false), [97, 256, 98]);
  const more = new TokenizerFile(
    json,
    settings({ bos_token: "<|more|>", additional_special_tokens: ["b"] }),
  );
  assert.deepEqual(more.encode("a<|more|>b", false), [97, 257, 98]);
  assert.deepEqual([...more.named], [["bos_token", "<|more|>"]]);
  assert.equal(more.decode([97, 257, 98], true), "a");
});
