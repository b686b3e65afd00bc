import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { fixture } from "../../fixtures/fixture.ts";
import { locateModel } from "../checkpoint/locate_model.ts";
import { testOnCpu } from "../../testing/engine.ts";
import type { Engine } from "../engine/engine.ts";
import { TokenGenerator } from "../llama/generation/token_generator.ts";
import { Scorer } from "../llama/scoring/scorer.ts";
import { prepackedWhole } from "../llama/scoring/scoring_memory.ts";
import { TokenizerFile } from "../tokenizer/tokenizer_file.ts";
import { type BatchScorer, CheckpointModel, NotANumberError } from "./checkpoint_model.ts";
import type { ModelRequest, PairAnswer } from "./language_model.ts";
import { packTrees } from "./pack_trees.ts";
import { type BosPolicy, RequestEncoder } from "./request_encoder.ts";
import { ResponseCache } from "./response_cache.ts";
import { textTrees } from "./text_tree.ts";

const { config, tensors } = await locateModel(fixture("tiny_llama"));
const read = (name: string) => Deno.readTextFileSync(fixture(`harness/${name}`));
const LAYOUT = { config, tensors, ...prepackedWhole(config) };

interface Case {
  args: [string] | [string, string];
  error?: boolean;
  result?: number | [number, boolean];
  tokens?: [number[], number[]][];
}

const CASES = JSON.parse(read("hflm_cases.json")) as Record<string, Record<string, Case[]>>;

/** Returns the encoder of a variant such as `bos+add_bos_token=False`. */
function encoderOf(variant: string): RequestEncoder {
  const [model, setting = ""] = variant.split("+");
  const bos: BosPolicy = setting === "" ? "auto" : setting.endsWith("True") ? "yes" : "no";
  return new RequestEncoder(new TokenizerFile(read(`model_${model}/tokenizer.json`)), {
    bos,
    bosToken: 0,
    eosTokens: [1],
    vocabularySize: 300,
    lengthMax: 128,
  });
}

function modelOf(
  scorer: BatchScorer,
  encoder: RequestEncoder,
  { batchTokens = 512, cache = new ResponseCache(undefined), share = true } = {},
): CheckpointModel {
  return new CheckpointModel({
    encoder,
    open: () => Promise.resolve(scorer),
    openGenerator: () => Promise.reject(new Error("unexpected generation")),
    writingRows: () => 4,
    cache,
    batchTokens,
    share,
    onEncoded: () => {},
    onProgress: () => {},
    signal: new AbortController().signal,
  });
}

async function withScorer(
  engine: Engine,
  body: (scorer: Scorer) => Promise<void>,
  layout = LAYOUT,
) {
  const scorer = new Scorer(engine, layout);
  try {
    await body(scorer);
  } finally {
    await scorer.close();
  }
}

const pair = (context: string, continuation: string): ModelRequest => ({
  kind: "pair",
  context,
  continuation,
});

Deno.test("RequestEncoder encodes as the harness does", () => {
  for (const [variant, kinds] of Object.entries(CASES)) {
    const encoder = encoderOf(variant);
    for (const { args, error, tokens } of kinds.loglikelihood) {
      if (error || !tokens) continue;
      const { context, continuation } = encoder.pair(args[0], args[1]!);
      assert.deepEqual([[context, continuation]], tokens, `${variant} ${JSON.stringify(args)}`);
    }
    for (const { args, tokens } of kinds.loglikelihood_rolling) {
      const windows = encoder.windows(args[0]);
      assert.deepEqual(windows.map(({ context, continuation }) => [context, continuation]), tokens);
    }
  }
});

testOnCpu(
  "CheckpointModel matches the harness's probabilities of pairs and pages",
  async (engine) => {
    await withScorer(engine, async (scorer) => {
      for (const [variant, kinds] of Object.entries(CASES)) {
        const model = modelOf(scorer, encoderOf(variant));
        const cases = Object.values(kinds).flat().filter(({ error }) => !error);
        const requests = cases.map(({ args }) =>
          args.length === 2 ? pair(args[0], args[1]!) : { kind: "page" as const, page: args[0] }
        );
        const answers = (await model.answer(requests.map((request) => [request]))).flat();
        cases.forEach(({ args, result }, i) => {
          const found = answers[i] as PairAnswer | number;
          const [sum, greedy] = Array.isArray(result) ? result : [result!, undefined];
          const value = typeof found === "number" ? found : found.logProbability;
          const tolerance = 1e-5 * Math.max(1, Math.abs(sum));
          assert.ok(
            Math.abs(value - sum) <= tolerance,
            `${variant} ${args}: ${value}, want ${sum}`,
          );
          if (greedy !== undefined) assert.equal((found as PairAnswer).greedy, greedy);
        });
      }
    });
  },
);

testOnCpu("CheckpointModel matches the harness's probabilities on its tasks", async (engine) => {
  const recorded = JSON.parse(read("hflm.json")) as Record<string, unknown[][]>;
  assert.ok(Object.keys(recorded).length > 20);
  await withScorer(engine, async (scorer) => {
    for (const variant of ["bos", "nobos"]) {
      const documents = read("documents/winogrande/validation.jsonl").split("\n").filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, string>);
      const groups = documents.map(({ option1, option2, sentence }) => {
        const [before, after] = [
          sentence.slice(0, sentence.indexOf("_")),
          sentence.slice(sentence.indexOf("_") + 1),
        ];
        return [option1, option2].map((option) => pair(before + option, ` ${after.trim()}`));
      });
      const answers = await modelOf(scorer, encoderOf(variant)).answer(groups);
      recorded[`${variant}/winogrande@0`].forEach((sums, i) =>
        (sums as [number, boolean][]).forEach(([sum], j) => {
          const { logProbability } = answers[i][j] as PairAnswer;
          assert.ok(Math.abs(logProbability - sum) < 1e-4, `${variant} ${i} ${j}`);
        })
      );
    }
  });
});

/** Questions with choices of different lengths. */
const QUESTIONS = Array.from({ length: 23 }, (_, i) => {
  const context = `Question ${i}: ${"why so? ".repeat(i % 9)}Answer:`;
  return ["yes", "no", "perhaps", "it is a long story"].slice(0, 2 + (i % 3))
    .map((answer) => pair(context, ` ${answer}`));
});

const flatten = (answers: unknown[][]) => answers.flat() as PairAnswer[];

testOnCpu("packed choices score as in separate runs", async (engine) => {
  await withScorer(engine, async (scorer) => {
    const encoder = encoderOf("bos");
    const packed = flatten(await modelOf(scorer, encoder).answer(QUESTIONS));
    const apart = modelOf(scorer, encoder, { share: false, batchTokens: 1 });
    for (const [i, request] of QUESTIONS.flat().entries()) {
      const [[alone]] = await apart.answer([[request]]) as PairAnswer[][];
      assert.equal(packed[i].greedy, alone.greedy);
      assert.ok(Math.abs(packed[i].logProbability - alone.logProbability) < 1e-5);
    }
  });
});

testOnCpu("scoring block by block matches scoring with the whole model", async (engine) => {
  const encoder = encoderOf("bos");
  let whole: PairAnswer[] = [];
  await withScorer(engine, async (scorer) => {
    whole = flatten(await modelOf(scorer, encoder).answer(QUESTIONS));
  });
  const head = { frugal: true, tileBytesMax: 20_000 };
  const layout = { ...LAYOUT, blocksAtOnce: 1, batchesAtOnce: 3, frugal: true, head };
  await withScorer(engine, async (scorer) => {
    const streamed = flatten(await modelOf(scorer, encoder).answer(QUESTIONS));
    streamed.forEach((each, i) =>
      assert.ok(Math.abs(each.logProbability - whole[i].logProbability) < 1e-5)
    );
  }, layout);
});

testOnCpu("an interrupted evaluation resumes to bit-identical results", async (engine) => {
  const directory = await Deno.makeTempDir();
  await withScorer(engine, async (scorer) => {
    const encoder = encoderOf("bos");
    const options = { batchTokens: 256 };
    const whole = await modelOf(scorer, encoder, options).answer(QUESTIONS);
    for (const batches of [1, 2]) {
      const path = join(directory, `${batches}.jsonl`);
      let left = batches;
      const dying: BatchScorer = {
        stepsPerBatch: 1,
        async *score(list, onStep) {
          for await (const scores of scorer.score(list, onStep)) {
            if (left-- === 0) throw new Error("killed");
            yield scores;
          }
        },
      };
      const cache = new ResponseCache(path);
      await assert.rejects(
        () => modelOf(dying, encoder, { ...options, cache }).answer(QUESTIONS),
        /killed/,
      );
      // The last line may be truncated, too.
      await Deno.truncate(path, (await Deno.stat(path)).size - 7);
      const again = modelOf(scorer, encoder, { ...options, cache: new ResponseCache(path) });
      assert.deepEqual(await again.answer(QUESTIONS), whole);
      const known = modelOf(scorer, encoder, { ...options, cache: new ResponseCache(path) });
      Object.assign(known.options, { open: () => Promise.reject(new Error("computed")) });
      assert.deepEqual(await known.answer(QUESTIONS), whole, "everything is cached");
    }
  });
  await Deno.remove(directory, { recursive: true });
});

Deno.test("CheckpointModel reports invalid requests and NaN probabilities", async () => {
  const nothing: BatchScorer = {
    stepsPerBatch: 1,
    async *score(batches) {
      for (const { places } of batches) {
        yield {
          logProbabilities: new Float64Array(places.length).fill(NaN),
          greedy: new Uint8Array(places.length),
        };
      }
    },
  };
  const model = modelOf(nothing, encoderOf("nobos"));
  const [[empty], [long]] = await model.answer([[pair("a", "")], [pair("a", "b ".repeat(300))]]);
  assert.match(String(empty), /it has 0 tokens, want 1 to 128/);
  assert.match(String(long), /it has \d+ tokens, want 1 to 128, the model's context/);
  await assert.rejects(() => model.answer([[pair("a", " b")]]), NotANumberError);
  const small = new RequestEncoder(new TokenizerFile(read("model_nobos/tokenizer.json")), {
    ...encoderOf("nobos").options,
    vocabularySize: 10,
  });
  const [[outside]] = await modelOf(nothing, small).answer([[pair("word", " word")]]);
  assert.match(String(outside), /is not in the model's vocabulary of 10/);
});

Deno.test("packTrees puts every token into exactly one row, and every score at its token", () => {
  const text = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 });
  const question = fc.tuple(text, fc.array(text, { minLength: 1, maxLength: 4 }));
  fc.assert(
    fc.property(fc.array(question, { minLength: 1, maxLength: 12 }), (questions) => {
      let number = 0;
      const pairs = questions.map(([context, endings]) =>
        endings.map((continuation) => [number++, { context, continuation }] as const)
      );
      const trees = pairs.flatMap((own) => textTrees(own, 64));
      const found = new Map<number, number[]>();
      for (const { batch, pairs: owners } of packTrees(trees, 512)) {
        batch.places.forEach((place, i) => {
          // A scored token attends to its text up to that position.
          const row = Math.floor(place / batch.sequence) * batch.sequence;
          const seen: number[] = [];
          for (let at = row; at <= place; at++) {
            const own = batch.branches[at];
            if (own === batch.branches[place] || own === batch.trunks[place]) {
              seen.push(batch.tokens[at]);
            }
          }
          assert.equal(batch.positions[place], seen.length - 1);
          found.set(owners[i], [
            ...(found.get(owners[i]) ?? []),
            ...seen.slice(-1),
            batch.targets[i],
          ]);
        });
      }
      for (const [at, { context, continuation }] of pairs.flat()) {
        const all = [...context, ...continuation].slice(-65);
        const wanted = continuation.flatMap((
          target,
          i,
        ) => [all[all.length - continuation.length + i - 1], target]);
        assert.deepEqual(found.get(at), wanted);
      }
    }),
    { seed: 3, numRuns: 200 },
  );
});

testOnCpu("generated answers match the harness's and are cached", async (engine) => {
  const recorded = JSON.parse(read("hflm_written.json")) as Record<
    string,
    { arguments: [string, { until: string[]; max_gen_toks: number }]; resp: string }[]
  >;
  for (const [key, cases] of Object.entries(recorded)) {
    const encoder = encoderOf(key.split("/")[0]);
    const cache = new ResponseCache(undefined);
    let opened = 0;
    const model = modelOf({ stepsPerBatch: 1, async *score() {} }, encoder, { cache });
    Object.assign(model.options, {
      openGenerator: () => {
        opened++;
        return Promise.resolve(new TokenGenerator(engine, { config, tensors, frugal: false }));
      },
    });
    const requests = cases.map((
      { arguments: [context, { max_gen_toks, until }] },
    ): ModelRequest[] => [
      { kind: "writing", context, until, tokensMax: max_gen_toks },
    ]);
    assert.deepEqual((await model.answer(requests)).flat(), cases.map(({ resp }) => resp));
    assert.deepEqual((await model.answer(requests)).flat(), cases.map(({ resp }) => resp));
    assert.equal(opened, 1);
    const [[tooLong]] = await model.answer([[{
      kind: "writing",
      context: "a",
      until: [],
      tokensMax: 128,
    }]]);
    assert.match(String(tooLong), /128 tokens do not fit into the model's context of 128/);
  }
});
