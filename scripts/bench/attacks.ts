/**
 * Trains a small model with ten peers of which three misbehave, for each kind, and writes `docs/attacks.md`:
 * the effect on the loss, the attackers' weight, and the window in which they are first noticed.
 */
import { fileURLToPath } from "node:url";
import { ADVERSARIES } from "../../lib/adversary/adversaries.ts";
import { Corpus } from "../../lib/corpus/corpus.ts";
import { readTexts } from "../../lib/corpus/read_texts.ts";
import type { Engine } from "../../lib/engine/engine.ts";
import { POLICIES } from "../../lib/gauntlet/policy.ts";
import { formatLlamaConfig } from "../../lib/llama/model/format_llama_config.ts";
import { initialParameters } from "../../lib/llama/model/initial_parameters.ts";
import { LossModel } from "../../lib/llama/training/loss_model.ts";
import { PRESETS } from "../../lib/llama/model/presets.ts";
import { Trainer } from "../../lib/llama/training/trainer.ts";
import { SeededRandom } from "../../lib/random/seeded_random.ts";
import { evaluationShape, LlamaEvaluator } from "../../lib/swarm/llama_evaluator.ts";
import { LlamaLearner } from "../../lib/swarm/llama_learner.ts";
import { runLocalSwarm } from "../../lib/node/local/local_swarm.ts";
import { defaultSettings } from "../../lib/swarm/default_settings.ts";
import type { RunDefinition } from "../../lib/swarm/run_definition.ts";
import type { SwarmEvent } from "../../lib/swarm/swarm_event.ts";
import { byteTokenizer } from "../../lib/tokenizer/byte_tokenizer.ts";
import { openBenchEngine } from "./bench_engine.ts";

const [HONEST, CROOKS, WINDOWS, INNER_STEPS, BATCH, SEQUENCE] = [7, 3, 20, 10, 8, 64];
const HELD_OUT = 256;
const STEPS = WINDOWS * INNER_STEPS;
const CONFIG = PRESETS.tiny;
const TEXT = fileURLToPath(new URL("../../assets/shakespeare.txt", import.meta.url));
const TABLE = new URL("../../docs/attacks.md", import.meta.url);

const DEFAULTS = defaultSettings(CONFIG, STEPS);
const DEFINITION: RunDefinition = {
  version: 2,
  seed: 0,
  model: formatLlamaConfig(CONFIG),
  corpus: "00".repeat(32),
  initialState: "00".repeat(32),
  ...DEFAULTS,
  training: { ...DEFAULTS.training, innerSteps: INNER_STEPS, batch: BATCH, sequence: SEQUENCE },
};

interface Outcome {
  loss: number;
  /** Mean weight of an attacker over that of an honest peer, second half of the run. */
  share: number;
  /** First window in which an attacker was refused, excluded or punished, counting from 1. */
  detected: number | undefined;
  /** Fraction of the attackers' submissions that were aggregated, of all that could have been. */
  aggregated: number;
  /** Number of honest submissions that were not aggregated. */
  lost: number;
}

async function attack(engine: Engine, kind: string | undefined, peers: number): Promise<Outcome> {
  const corpus = new Corpus(await readTexts([TEXT], byteTokenizer()), SEQUENCE);
  const { batch: _, innerSteps: __, schedule: ___, sequence, ...adamw } = DEFINITION.training;
  const trainer = await Trainer.open(engine, CONFIG, {
    batch: BATCH,
    sequence,
    accumulate: 1,
    shape: "whole",
    adamw,
  });
  const model = await LossModel.open(engine, CONFIG, evaluationShape(DEFINITION));
  const evaluator = new LlamaEvaluator(model, corpus);
  const events: SwarmEvent[] = [];
  const directory = await Deno.makeTempDir({ prefix: "covey-attack-" });
  const crooks = kind === undefined ? 0 : CROOKS;
  try {
    const { parameters } = await runLocalSwarm({
      directory,
      definition: DEFINITION,
      peers,
      adversaries: Array.from({ length: crooks }, () => ADVERSARIES[kind!].create()),
      windows: WINDOWS,
      learner: new LlamaLearner(trainer, CONFIG),
      evaluator,
      corpus,
      initialParameters: initialParameters(CONFIG, new SeededRandom(0n)),
      emit: (event) => events.push(event),
      stopwatch: () => 0,
      signal: new AbortController().signal,
    });
    const losses = await evaluator.losses(parameters, corpus.heldOut(HELD_OUT));
    const loss = losses.reduce((sum, each) => sum + each, 0) / losses.length;
    return { loss, ...judge(events, peers - crooks, crooks) };
  } finally {
    await trainer.close();
    await model.close();
    await Deno.remove(directory, { recursive: true });
  }
}

function judge(events: readonly SwarmEvent[], honest: number, crooks: number) {
  const weights = [0, 0];
  let [aggregated, lost] = [0, 0];
  let detected: number | undefined;
  const notice = (window: number) => detected = Math.min(detected ?? Infinity, window + 1);
  for (const event of events) {
    if (event.event === "verdict") {
      aggregated += event.accepted.filter((uid) => uid >= honest).length;
      lost += honest - event.accepted.filter((uid) => uid < honest).length;
      if (event.excluded.some(({ uid }) => uid >= honest)) notice(event.window);
    }
    if (event.event === "refused" && event.peer >= honest) notice(event.window);
    if (event.event !== "scored") continue;
    for (const { peer, penalties, weight } of event.scores) {
      if (event.window >= WINDOWS / 2) weights[Number(peer >= honest)] += weight;
      if (peer >= honest && penalties.length > 0) notice(event.window);
    }
  }
  const share = crooks === 0 ? NaN : weights[1] / crooks / (weights[0] / honest);
  return { share, detected, aggregated: aggregated / (WINDOWS * Math.max(1, crooks)), lost };
}

const percent = (part: number) => `${(100 * part).toFixed(1)} %`;

await using bench = await openBenchEngine(navigator.hardwareConcurrency);
const alone = await attack(bench.engine, undefined, HONEST);
const all = await attack(bench.engine, undefined, HONEST + CROOKS);
console.log(`honest: ${HONEST} peers ${alone.loss}, ${HONEST + CROOKS} peers ${all.loss}`);
const rows: string[] = [];
for (const kind of Deno.args.length > 0 ? Deno.args : Object.keys(ADVERSARIES)) {
  const { aggregated, detected, loss, lost, share } = await attack(
    bench.engine,
    kind,
    HONEST + CROOKS,
  );
  const change = (loss - alone.loss) / alone.loss;
  rows.push(
    `| ${kind} | ${ADVERSARIES[kind].summary} | ${loss.toFixed(3)} | ${change < 0 ? "" : "+"}${
      percent(change)
    } | ${share.toFixed(3)} | ${detected ?? "never"} | ${percent(aggregated)} | ${lost} |`,
  );
  console.log(rows.at(-1));
}
const policy = POLICIES.templar.evaluation;
await Deno.writeTextFile(
  TABLE,
  `# Attacks

Generated by \`scripts/bench/attacks.ts\`: the \`tiny\` model, ${
    HONEST + CROOKS
  } peers of which the last ${CROOKS} misbehave, ${WINDOWS} windows
of ${INNER_STEPS} inner steps of ${BATCH} x ${SEQUENCE} tokens, policy \`templar\`, one seed. Loss in nats per byte on ${HELD_OUT} held-out
samples. ${HONEST} honest peers alone reach ${alone.loss.toFixed(3)}, ${HONEST + CROOKS} reach ${
    all.loss.toFixed(3)
  }; the change is relative to the former.
Share is the weight of an attacker over that of an honest peer in the second half of the run. Noticed
is the first window in which an attacker was refused, left out or punished. Aggregated is the part of
the attackers' submissions that was aggregated, of those that could have been; lost is the number of
honest peers' submissions that were not. Each peer is tested on ${policy.ownSamples} samples of its own and ${policy.randomSamples} others.

| kind | what it does | loss | change | share | noticed | aggregated | lost |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

**How to read it.** Ten honest peers reach a higher loss than seven here, since a mean over more
peers moves each entry less at the same outer rate. Kinds that are aggregated throughout and stay
below that do useful work: \`wrong-data\` and \`partial\` train, but are not paid for it, since their
evidence of having trained on the assigned samples is missing or too small. \`equivocating\` sends
honest submissions and changes them afterwards, which causes no divergence and costs nothing; it is
paid like an honest peer. \`slow-poison\` is left out from its second poisoned window on.
`,
);
