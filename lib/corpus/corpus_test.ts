import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import { byteTokenizer } from "../tokenizer/byte_tokenizer.ts";
import { assignmentSeed, assignSamples, drawWithoutReplacement } from "./assign_samples.ts";
import { Corpus } from "./corpus.ts";
import { npyHeader, parseNpy } from "./npy.ts";
import { UnusableTextError } from "./read_text_file.ts";
import { readTexts } from "./read_texts.ts";
import { sampleDigest, sampleId } from "./sample_digest.ts";

async function withFile(
  name: string,
  content: string | Uint8Array,
  body: (path: string) => Promise<void>,
) {
  const directory = await Deno.makeTempDir();
  const path = join(directory, name);
  await Deno.writeFile(
    path,
    typeof content === "string" ? new TextEncoder().encode(content) : content,
  );
  try {
    await body(path);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function npy(tokens: Uint32Array): Uint8Array {
  return Uint8Array.of(...npyHeader(tokens.length), ...new Uint8Array(tokens.buffer));
}

Deno.test("drawWithoutReplacement matches numpy.random.default_rng(seed).choice", () => {
  const vectors: [
    uid: number,
    window: number,
    samples: number,
    count: number,
    seed: number,
    first: number[],
    last: number[],
  ][] = [
    [42, 0, 10000, 40, 42000126, [7296, 1123, 7919, 7179, 9416, 6897], [8577, 2577, 2796]],
    [
      7,
      51802,
      52428800,
      30720,
      6948239,
      [37149140, 43880621, 45976924, 37940349, 4995223, 1215405],
      [26537009, 14518839, 30315070],
    ],
    [255, 51803, 200000, 30720, 255052518, [109405, 169466, 147637, 136460, 64544, 187601], [
      126497,
      73038,
      66313,
    ]],
    [0, 0, 100, 10, 0, [77, 81, 58, 47, 25, 3], [29, 17, 7]],
    [1, 5, 20000, 401, 1000006, [10405, 10741, 9990, 3330, 10165, 78], [8194, 2787, 17157]],
  ];
  for (const [uid, window, samples, count, seed, first, last] of vectors) {
    assert.equal(assignmentSeed(uid, window), seed);
    const drawn = drawWithoutReplacement(samples, count, seed);
    assert.equal(new Set(drawn).size, count);
    assert.deepEqual([...drawn.slice(0, 6)], first);
    assert.deepEqual([...drawn.slice(-3)], last);
  }
});

Deno.test("assignSamples repeats a small corpus", () => {
  const samples = [...assignSamples(3, 1, 5, 12)];
  assert.deepEqual(samples.slice(5, 10), samples.slice(0, 5));
  assert.deepEqual([...samples.slice(0, 5)].sort(), [0, 1, 2, 3, 4]);
});

Deno.test("sampleDigest and sampleId match the reference", () => {
  assert.equal(sampleDigest([3n, 1n, 2n]), "abccad42d03c940bc2b249bf5a4e1e3d");
  assert.equal(sampleId(Uint32Array.from({ length: 2048 }, (_, i) => i)), 9727674481869147956n);
});

Deno.test("Corpus makes every token a target once, document ends included", () => {
  const tokens = Uint32Array.from({ length: 101 }, (_, i) => i);
  const corpus = new Corpus(tokens, 10);
  assert.equal(corpus.trainSamples + corpus.heldOutSamples, 10);
  const all = corpus.batch(Array.from({ length: 10 }, (_, i) => i));
  assert.deepEqual([...all.tokens], [...tokens.slice(0, 100)]);
  assert.deepEqual([...all.targets], [...tokens.slice(1)]);
});

Deno.test("Corpus never assigns held-out samples", () => {
  const corpus = new Corpus(new Uint32Array(1000), 10);
  const assigned = new Set(corpus.assign(1, 2, 500).samples);
  for (const sample of corpus.heldOut(8)) assert.ok(!assigned.has(sample));
});

Deno.test("Corpus computes its entropy and refuses text that is too short", () => {
  const even = new Corpus(Uint32Array.from({ length: 4000 }, (_, i) => i % 4), 10);
  assert.ok(Math.abs(even.unigramEntropy() - Math.log(4)) < 1e-12);
  assert.throws(() => new Corpus(new Uint32Array(20), 10), /too short, 20 tokens, need 21/);
});

Deno.test("readTexts ends each document of text and JSON lines files", async () => {
  await withFile("a.txt", "hé", async (path) => {
    assert.deepEqual([...await readTexts([path, path], byteTokenizer())], [
      104,
      195,
      169,
      256,
      104,
      195,
      169,
      256,
    ]);
  });
  await withFile("a.jsonl", '{"text": "a"}\n\n{"text": "b", "more": 1}\n', async (path) => {
    assert.deepEqual([...await readTexts([path], byteTokenizer())], [97, 256, 98, 256]);
  });
  await withFile("a.npy", npy(Uint32Array.of(5, 256)), async (path) => {
    assert.deepEqual([...await readTexts([path], byteTokenizer())], [5, 256]);
  });
});

Deno.test("readTexts handles a hundred thousand documents", async () => {
  await withFile("many.jsonl", '{"text":"x"}\n'.repeat(100_000), async (path) => {
    assert.equal((await readTexts([path], byteTokenizer())).length, 200_000);
  });
});

Deno.test("readTexts reports what is wrong with a file", async () => {
  const cases: [name: string, content: string | Uint8Array, message: RegExp][] = [
    ["a.txt", "", /it is empty/],
    ["a.txt", Uint8Array.of(0x41, 0xc3, 0x41), /it is not UTF-8/],
    ["a.jsonl", '{"text": "a"}\n{"txt": "b"}', /line 2 has no "text"/],
    ["a.jsonl", "nonsense", /line 1 has no "text"/],
    ["a.npy", npy(Uint32Array.of(1, 257)), /it holds token 257, want less than 257/],
  ];
  for (const [name, content, message] of cases) {
    await withFile(name, content, async (path) => {
      await assert.rejects(() => readTexts([path], byteTokenizer()), (error: Error) => {
        assert.ok(error instanceof UnusableTextError, String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }
  await assert.rejects(
    () => readTexts(["/no/such/file"], byteTokenizer()),
    /there is no such file/,
  );
  await assert.rejects(() => readTexts([Deno.cwd()], byteTokenizer()), /it is not a file/);
});

Deno.test("parseNpy reads numpy's uint32, and uint16 for small vocabularies", () => {
  assert.deepEqual([...parseNpy(npy(Uint32Array.of(1, 70000)))], [1, 70000]);
  const bytes = Uint8Array.of(...npyHeader(2), 1, 0, 0xff, 0xff);
  bytes[bytes.indexOf("4".charCodeAt(0))] = "2".charCodeAt(0);
  assert.deepEqual([...parseNpy(bytes)], [1, 65535]);
  assert.equal(npyHeader(3).length % 64, 0);
});

Deno.test("parseNpy throws typed errors only", () => {
  const good = npy(Uint32Array.of(1, 2, 3));
  fc.assert(
    fc.property(
      fc.nat(good.length),
      fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 4 }),
      (length, edits) => {
        const bytes = good.slice(0, length);
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        try {
          assert.equal(parseNpy(bytes).length, 3);
        } catch (error) {
          assert.ok(error instanceof CorruptFileError, String(error));
        }
      },
    ),
    { seed: 12, numRuns: 3000 },
  );
});
