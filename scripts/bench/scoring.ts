import { join } from "node:path";
import { locateModel } from "../../lib/checkpoint/locate_model.ts";
import { writeModelDirectory } from "../../lib/checkpoint/model_directory.ts";
import type { Engine } from "../../lib/engine/engine.ts";
import { packTrees } from "../../lib/evaluation/pack_trees.ts";
import type { TokenPair } from "../../lib/evaluation/request_encoder.ts";
import { textTrees } from "../../lib/evaluation/text_tree.ts";
import type { LlamaConfig } from "../../lib/llama/model/llama_config.ts";
import { parseLlamaConfig } from "../../lib/llama/model/parse_llama_config.ts";
import { initialParameters } from "../../lib/llama/model/initial_parameters.ts";
import { prepackedWhole } from "../../lib/llama/scoring/scoring_memory.ts";
import { Scorer, type ScorerOptions } from "../../lib/llama/scoring/scorer.ts";
import { SeededRandom } from "../../lib/random/seeded_random.ts";
import { openBenchEngine } from "./bench_engine.ts";
import { upperMedian as median } from "../../lib/sparseloco/median.ts";
import { startTorch } from "./torch_process.ts";

const ROUNDS = 3;
const BATCH_TOKENS = 1024;
/** Batch sizes tried with PyTorch, sequences; the best counts. */
const TORCH_BATCHES = [1, 8];

const CASES: Record<string, Record<string, unknown>> = {
  "10M": {
    vocab_size: 4096,
    hidden_size: 320,
    num_hidden_layers: 6,
    num_attention_heads: 5,
    num_key_value_heads: 5,
    intermediate_size: 960,
  },
  "35M": {
    vocab_size: 8192,
    hidden_size: 512,
    num_hidden_layers: 8,
    num_attention_heads: 8,
    num_key_value_heads: 8,
    intermediate_size: 1408,
  },
};

type Row = Record<string, string | number>;

/**
 * Questions like those of three benchmarks: [name, questions, tokens of the context, tokens of each of four
 * choices].
 */
const KINDS: readonly (readonly [name: string, count: number, context: number, choice: number])[] =
  [
    ["like hellaswag", 16, 90, 28],
    ["like arc", 24, 40, 6],
    ["like mmlu", 16, 120, 1],
  ];

/** Times the scoring of several kinds of questions here and in PyTorch, alternating. */
export async function benchScoring(threads: number): Promise<Row[]> {
  const directory = await Deno.makeTempDir();
  const rows: Row[] = [];
  try {
    for (const [name, json] of Object.entries(CASES)) {
      const config = parseLlamaConfig({ ...json, rms_norm_eps: 1e-6 });
      const parameters = initialParameters(config, new SeededRandom(5n));
      await writeModelDirectory(directory, { config, parameters, tokenizerJson: undefined });
      for (const kind of KINDS) rows.push(await benchKind(directory, name, config, kind, threads));
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  return rows;
}

async function benchKind(
  directory: string,
  model: string,
  config: LlamaConfig,
  kind: (typeof KINDS)[number],
  threads: number,
): Promise<Row> {
  const questions = makeQuestions(config, kind);
  const requests = questions.flat();
  const path = join(directory, "requests.json");
  const json = JSON.parse(await Deno.readTextFile(join(directory, "config.json")));
  const pairs = requests.map(({ context, continuation }) => [context, continuation]);
  const subject = { directory, config: json, requests: pairs };
  await Deno.writeTextFile(path, JSON.stringify(subject));
  await using bench = await openBenchEngine(threads);
  await using torch = await startTorch("torch_scoring.py", { path }, threads);
  const located = await locateModel(directory);
  const options = { ...located, ...prepackedWhole(config) };
  const packed = await timedScoring(bench.engine, options, questions);
  const apart = await timedScoring(bench.engine, options, requests.map((each) => [each]));
  await Deno.writeTextFile(path, JSON.stringify({ ...subject, sums: (await packed.run()).sums }));
  const times: Record<string, number[]> = { packed: [], apart: [] };
  for (const batch of TORCH_BATCHES) times[`torch ${batch}`] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const found: Record<string, number> = {
      packed: (await packed.run()).seconds,
      apart: (await apart.run()).seconds,
    };
    for (const batch of TORCH_BATCHES) {
      found[`torch ${batch}`] = await torch?.ask(String(batch)) ?? NaN;
    }
    if (round >= 0) { for (const [name, value] of Object.entries(found)) times[name].push(value); }
  }
  const largest = await torch?.ask("largest") ?? NaN;
  await packed.close();
  await apart.close();
  const tokens = requests.reduce(
    (sum, each) => sum + each.context.length + each.continuation.length - 1,
    0,
  );
  const middle = (name: string) => median(times[name]);
  const best = Math.min(...TORCH_BATCHES.map((batch) => middle(`torch ${batch}`)));
  return {
    model,
    kind: kind[0],
    "tokens of the requests": tokens,
    "tokens a second": Math.round(tokens / middle("packed")),
    "packed over apart": ratio(middle("apart"), middle("packed")),
    torch: torch?.version ?? "not there",
    "torch s / covey s": ratio(best, middle("packed")),
    "torch s / covey s, apart": ratio(best, middle("apart")),
    "largest difference": Number(largest.toExponential(1)),
  };
}

const ratio = (a: number, b: number) => Math.round((a / b) * 100) / 100;

async function timedScoring(engine: Engine, options: ScorerOptions, questions: TokenPair[][]) {
  let number = 0;
  const numbered = questions.map((pairs) => pairs.map((pair) => [number++, pair] as const));
  const batches = packTrees(numbered.flatMap((own) => textTrees(own, 2048)), BATCH_TOKENS);
  const scorer = new Scorer(engine, options);
  const run = async (): Promise<{ seconds: number; sums: number[] }> => {
    const sums = new Array<number>(number).fill(0);
    const start = performance.now();
    for (let at = 0; at < batches.length;) {
      const { sequence } = batches[at].batch;
      const same = batches.slice(at).filter(({ batch }) => batch.sequence === sequence);
      let i = at;
      for await (
        const { logProbabilities } of scorer.score(same.map(({ batch }) => batch), () => {})
      ) {
        batches[i++].pairs.forEach((pair, j) => sums[pair] += logProbabilities[j]);
      }
      at += same.length;
    }
    return { seconds: (performance.now() - start) / 1000, sums };
  };
  await run();
  return { run, close: () => scorer.close() };
}

function makeQuestions(
  { vocabSize }: LlamaConfig,
  [, count, context, choice]: (typeof KINDS)[number],
): TokenPair[][] {
  const random = new SeededRandom(9n);
  const text = (mean: number) => {
    const length = Math.max(1, Math.round(mean * (0.5 + random.uniform())));
    return Array.from({ length }, () => Math.floor(random.uniform() * vocabSize));
  };
  return Array.from({ length: count }, () => {
    const shared = text(context);
    return Array.from({ length: 4 }, () => ({
      context: shared,
      continuation: choice === 1 ? text(0.1) : text(choice),
    }));
  });
}
