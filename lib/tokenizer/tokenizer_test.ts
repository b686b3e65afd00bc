import assert from "node:assert/strict";
import fc from "fast-check";
import { byteTokenizer } from "./byte_tokenizer.ts";
import { jsonTokenizer } from "./json_tokenizer.ts";
import { TokenizerError } from "./tokenizer_file.ts";

Deno.test("byteTokenizer and its tokenizer.json agree on any text", () => {
  const bytes = byteTokenizer();
  const json = jsonTokenizer(bytes.json);
  assert.deepEqual([json.vocabularySize, json.endOfText], [bytes.vocabularySize, bytes.endOfText]);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      const ids = [...bytes.encode(text)];
      assert.deepEqual([...json.encode(text)], ids);
      assert.equal(bytes.decode(ids), text);
    }),
    { seed: 13, numRuns: 500 },
  );
});

Deno.test("jsonTokenizer refuses unusable files with typed errors", () => {
  const file = JSON.parse(byteTokenizer().json);
  const withVocab = (vocab: unknown) =>
    JSON.stringify({ ...file, added_tokens: [], model: { ...file.model, vocab } });
  const cases: [json: string, message: RegExp][] = [
    ["{", /Cannot read tokenizer.json/],
    ["{}", /no vocabulary/],
    [withVocab({}), /no vocabulary/],
    [withVocab({ a: 0 }), /no end-of-text token/],
    [withVocab({ a: "x" }), /token "a" has id x/],
    [withVocab({ a: -1 }), /has id -1/],
    [withVocab({ a: 2 ** 40 }), /want 0 to/],
    [withVocab([null]), /Cannot read tokenizer.json/],
  ];
  for (const [json, message] of cases) {
    assert.throws(() => jsonTokenizer(json), (error: Error) => {
      assert.ok(error instanceof TokenizerError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});
