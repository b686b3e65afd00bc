/**
 * Benchmarks covey against the runtime's own matrix product and against PyTorch. Ratios come from one run
 * that alternates between both; absolute numbers are this machine's. Prints a table, writes `bench.json`.
 */
import { fileURLToPath } from "node:url";
import { openBenchEngine } from "./bench/bench_engine.ts";
import { benchConsensus } from "./bench/consensus.ts";
import { EVALUATED_PEERS, EVALUATION_CASE, timedEvaluation } from "./bench/evaluation.ts";
import { upperMedian as median } from "../lib/sparseloco/median.ts";
import { benchScoring } from "./bench/scoring.ts";
import { startTorch } from "./bench/torch_process.ts";
import {
  matmulRate,
  STEP_CASES,
  type StepCase,
  stepFlops,
  timedStep,
} from "./bench/training_step.ts";

const STEP_SCRIPT = "torch_step.py";
const ROUNDS = 5;
/** One evaluation takes long enough that a few rounds suffice. */
const EVALUATION_ROUNDS = 2;
const WARM_UPS = 2;
const THREADS = navigator.hardwareConcurrency;
const SHAPES = ["whole", "blocks"] as const;
const seconds = () => performance.now() / 1000;

type Row = Record<string, string | number>;

/** Times the matrix product, whole step, step in blocks and PyTorch, alternating. */
async function benchSteps(step: StepCase): Promise<Row> {
  await using bench = await openBenchEngine(THREADS);
  await using torch = await startTorch(STEP_SCRIPT, step, THREADS);
  const peak = await matmulRate(bench.engine);
  const [whole, blocks] = [
    await timedStep(bench.engine, step, "whole"),
    await timedStep(bench.engine, step, "blocks"),
  ];
  const times: Record<string, number[]> = { peak: [], whole: [], blocks: [], torch: [] };
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    const found = {
      peak: await peak(),
      whole: await whole.seconds(),
      blocks: await blocks.seconds(),
      torch: await torch?.ask("step") ?? NaN,
    };
    if (round >= 0) { for (const [name, value] of Object.entries(found)) times[name].push(value); }
  }
  const flops = stepFlops(whole.config, step);
  const middle = (name: string) => median(times[name]);
  const row: Row = {
    model: step.name,
    "tokens a step": step.batch * step.sequence,
    "product GFLOP/s": round1(middle("peak") / 1e9),
    "whole GFLOP/s": round1(flops / middle("whole") / 1e9),
    "whole / product": round2(flops / middle("whole") / middle("peak")),
    "blocks / product": round2(flops / middle("blocks") / middle("peak")),
    torch: torch?.version ?? "not there",
    "torch s / whole s": round2(middle("torch") / middle("whole")),
  };
  await whole.trainer.close();
  await blocks.trainer.close();
  return row;
}

/** Times a validator's evaluations against the same number of sequences through PyTorch. */
async function benchEvaluation(): Promise<Row[]> {
  await using bench = await openBenchEngine(THREADS);
  await using torch = await startTorch(STEP_SCRIPT, EVALUATION_CASE, THREADS);
  const evaluation = await timedEvaluation(bench.engine, EVALUATION_CASE);
  const times: Record<string, number[]> = { covey: [], torch: [] };
  let sequences = 0;
  for (let round = -1; round < EVALUATION_ROUNDS; round++) {
    const start = seconds();
    sequences = await evaluation.run();
    const found = {
      covey: seconds() - start,
      torch: await torch?.ask(`losses ${sequences}`) ?? NaN,
    };
    if (round >= 0) { for (const [name, value] of Object.entries(found)) times[name].push(value); }
  }
  await evaluation.close();
  return [{
    model: EVALUATION_CASE.name,
    peers: EVALUATED_PEERS,
    sequences,
    "peers a minute": round1((60 * EVALUATED_PEERS) / median(times.covey)),
    torch: torch?.version ?? "not there",
    "torch s / covey s": round2(median(times.torch) / median(times.covey)),
  }];
}

/** Measures the peak memory of a step, each in a separate process. */
async function benchMemory(step: StepCase): Promise<Row> {
  const row: Row = { model: step.name };
  for (const shape of SHAPES) row[`${shape} MB`] = Math.round(await stepMemory(step, shape) / 1e6);
  await using torch = await startTorch(STEP_SCRIPT, step, THREADS);
  for (let i = 0; torch && i < 3; i++) await torch.ask("step");
  const torchBytes = await torch?.ask("memory") ?? NaN;
  row["torch MB"] = Math.round(torchBytes / 1e6);
  row["whole / torch"] = round2((Number(row["whole MB"]) * 1e6) / torchBytes);
  return row;
}

/** Measures the memory of one more layer, next to that of its parameters, moments and gradients. */
async function benchLayerGrowth(step: StepCase): Promise<Row[]> {
  const deep = (layers: number): StepCase => ({
    ...step,
    name: `${layers} layers`,
    config: { ...step.config, num_hidden_layers: layers },
  });
  const [few, many] = [8, 24];
  const { hidden_size: hidden, intermediate_size: inner } = step.config as Record<string, number>;
  const layerParameters = 4 * hidden * hidden + 3 * hidden * inner + 2 * hidden;
  const rows: Row[] = [];
  for (const shape of SHAPES) {
    const growth = (await stepMemory(deep(many), shape) - await stepMemory(deep(few), shape)) /
      (many - few);
    rows.push({
      shape,
      "MB a layer": round1(growth / 1e6),
      "parameters, moments MB": round1((layerParameters * 12) / 1e6),
      "gradients MB": round1((layerParameters * 4) / 1e6),
      "one hidden tensor MB": round1((step.batch * step.sequence * hidden * 4) / 1e6),
    });
  }
  return rows;
}

async function stepMemory(step: StepCase, shape: string): Promise<number> {
  const script = fileURLToPath(new URL("bench/step_memory.ts", import.meta.url));
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", script, JSON.stringify(step), shape, String(THREADS)],
    stderr: "inherit",
  }).output();
  return success ? Number(new TextDecoder().decode(stdout)) : NaN;
}

const round1 = (value: number) => Math.round(value * 10) / 10;
const round2 = (value: number) => Math.round(value * 100) / 100;

async function each(measure: (step: StepCase) => Promise<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  for (const step of STEP_CASES) rows.push(await measure(step));
  return rows;
}

/** Parts of the benchmark by name; arguments select some. */
const PARTS: Record<string, () => Promise<Row[]>> = {
  consensus: () => {
    const entries = Object.entries(benchConsensus(seconds)).map((
      [name, value],
    ) => [name, round2(value)]);
    return Promise.resolve([Object.fromEntries(entries)]);
  },
  steps: () => each(benchSteps),
  memory: () => each(benchMemory),
  layers: () => benchLayerGrowth(STEP_CASES[0]),
  evaluation: benchEvaluation,
  scoring: () => benchScoring(THREADS),
};
const results: Record<string, Row[]> = {};
for (const name of Deno.args.length > 0 ? Deno.args : Object.keys(PARTS)) {
  results[name] = await PARTS[name]();
  console.table(results[name]);
}
await Deno.writeTextFile(
  "bench.json",
  JSON.stringify({ threads: THREADS, ...results }, null, 2) + "\n",
);
