import { join } from "node:path";
import { replaceFile } from "../../lib/file/replace_file.ts";
import { FrozenClock } from "../../lib/clock/frozen_clock.ts";
import { SystemClock } from "../../lib/clock/system_clock.ts";
import type { Engine } from "../../lib/engine/engine.ts";
import { explainScore } from "../../lib/gauntlet/explain_score.ts";
import { LossModel } from "../../lib/llama/training/loss_model.ts";
import { readEvents } from "../../lib/swarm/event_log.ts";
import { followRun } from "../../lib/node/local/follow_run.ts";
import { DirectoryInUseError, lockDirectory } from "../../lib/node/local/lock_directory.ts";
import {
  evaluatedSamples,
  evaluationShape,
  LlamaEvaluator,
} from "../../lib/swarm/llama_evaluator.ts";
import { replay, type ReplayedWindow, scoredWindows } from "../../lib/swarm/replay.ts";
import type { SwarmEvent } from "../../lib/swarm/swarm_event.ts";
import { WindowClock } from "../../lib/swarm/window_clock.ts";
import { leaderboard } from "../../lib/report/leaderboard.ts";
import { leaderboardHtml } from "../../lib/report/leaderboard_html.ts";
import { ProgressLine } from "../../lib/terminal/progress_line.ts";
import { type CommandDependencies, NotYetError, RefusedRequestError } from "../command.ts";
import { type OpenRun, openRun } from "./open_run.ts";
import { type ValidateOptions } from "./parse.ts";

/** Maximum number of differences printed. */
const DIFFERENCES_SHOWN = 10;
/** Exit code of a replay whose scores differ from the published ones. */
const EXIT_DIFFERENT = 6;

/** Replays or follows a run. */
export async function runValidate(
  options: ValidateOptions,
  dependencies: CommandDependencies,
): Promise<number> {
  const past = new FrozenClock();
  using run = await openRun(options.run, past, !options.follow, dependencies.signal);
  const { device, threads } = run.machine;
  const engine = options.trustLosses ? undefined : await dependencies.openEngine(device, threads);
  try {
    if (options.follow) return await follow(options, run, engine!, past, dependencies);
    return await replayAndTell(options, run, engine, dependencies);
  } finally {
    await engine?.close();
  }
}

async function openEvaluator(
  engine: Engine,
  { config, corpus, definition }: OpenRun,
  onSamples: (count: number) => void,
) {
  const model = await LossModel.open(engine, config, evaluationShape(definition));
  return new LlamaEvaluator(model, corpus, onSamples);
}

async function replayAndTell(
  options: ValidateOptions,
  run: OpenRun,
  engine: Engine | undefined,
  { everySecond, signal, stopwatch, terminal }: CommandDependencies,
): Promise<number> {
  const scored = await scoredWindows(run);
  if (scored === 0) throw new NotYetError("Cannot show scores: no window has been scored yet");
  if (options.window !== undefined && options.window > scored) {
    throw new RefusedRequestError(
      `Cannot show window ${options.window}: ${scored} windows have been scored`,
      `choose one from 1 to ${scored}, or train the run further`,
    );
  }
  if (options.explain !== undefined) checkPeer(options.explain, run);
  const bar = new ProgressLine(terminal, stopwatch);
  const samples = evaluatedSamples(run.definition, run.machine.peers);
  const replayed: ReplayedWindow[] = [];
  let done = 0;
  const show = () => {
    if (options.quiet) return;
    bar.show(
      `window ${replayed.length + 1}/${options.window ?? scored}`,
      Math.min(1, done / samples),
      engine ? `evaluated ${done} of about ${samples} samples` : "reading",
    );
  };
  const evaluator = engine && await openEvaluator(engine, run, (count) => {
    done += count;
    show();
  });
  using _beat = everySecond(show);
  for await (const window of replay({ ...run, evaluator })) {
    signal.throwIfAborted();
    replayed.push(window);
    done = 0;
    bar.clear();
    if (!options.quiet) {
      terminal.error(
        `window ${replayed.length}  ${
          window.differences.length === 0 ? "as published" : "differs from what was published"
        }\n`,
      );
    }
    if (replayed.length === options.window) break;
  }
  const shown = replayed.at(-1)!;
  if (options.html) {
    const records = replayed.map(({ recomputed }) => recomputed);
    await replaceFile(options.html, [leaderboardHtml(run.run, records)]);
  }
  const explanation = explain(options, run, shown);
  terminal.out(
    options.json ? JSON.stringify(document(run, replayed, shown, explanation), null, 2) + "\n" : [
      ...(explanation ? explanationLines(explanation) : boardLines(run, replayed, shown)),
      "",
      ...verdictLines(replayed, options),
      "",
    ].join("\n"),
  );
  return replayed.every(({ differences }) => differences.length === 0) ? 0 : EXIT_DIFFERENT;
}

function checkPeer(uid: number, { machine: { peers } }: OpenRun): void {
  if (uid < peers) return;
  throw new RefusedRequestError(
    `Cannot explain peer ${uid}: the run has ${peers} peers`,
    `choose one from 0 to ${peers - 1}`,
  );
}

function explain({ explain: uid }: ValidateOptions, run: OpenRun, shown: ReplayedWindow) {
  if (uid === undefined) return undefined;
  const { observation, scores } = shown.recomputed;
  const score = scores.find((each) => each.uid === uid);
  const seen = observation.peers.find((each) => each.uid === uid);
  const record = shown.gauntlet.peers.find((each) => each.uid === uid);
  if (!score || !seen || !record) {
    throw new RefusedRequestError(
      `Cannot explain peer ${uid}: it was not scored in window ${observation.window + 1}`,
      `choose one of ${scores.map(({ uid }) => uid).join(", ")}`,
    );
  }
  const policy = run.definition.gauntlet;
  const { terms, total } = explainScore(score, seen, record, policy);
  return { uid, window: observation.window + 1, policy: policy.name, terms, total, seen, record };
}

function explanationLines(
  { policy, terms, uid, window }: NonNullable<ReturnType<typeof explain>>,
): string[] {
  const widths = (["name", "value"] as const).map((key) =>
    Math.max(...terms.map((term) => term[key].length))
  );
  return [
    `peer ${uid} in window ${window}, policy ${policy}`,
    ...terms.map(({ because, name, value }) =>
      `  ${name.padEnd(widths[0])}  ${value.padEnd(widths[1])}  ${because}`.trimEnd()
    ),
  ];
}

function boardLines(
  { definition: { gauntlet: { weights: { burnRate } } } }: OpenRun,
  replayed: readonly ReplayedWindow[],
  { recomputed }: ReplayedWindow,
): string[] {
  const { digest, observation } = recomputed;
  return [
    `window ${observation.window + 1}, state ${digest.slice(0, 16)}`,
    ...leaderboard(replayed.map(({ recomputed }) => recomputed)),
    `${(100 * burnRate).toFixed(0)} % of all weight is burned; --explain UID explains a score`,
  ];
}

function verdictLines(replayed: readonly ReplayedWindow[], { trustLosses }: ValidateOptions) {
  const differing = replayed.flatMap(({ differences, published }) =>
    differences.map((each) => `window ${published.observation.window + 1}: ${each}`)
  );
  const how = trustLosses ? "from the recorded losses" : "from the buckets";
  if (differing.length === 0) {
    return [
      `${replayed.length} windows replayed ${how}: every score is the published one, to the last bit`,
    ];
  }
  const rest = differing.length - DIFFERENCES_SHOWN;
  return [
    `replayed ${how}, ${differing.length} values differ from the published ones:`,
    ...differing.slice(0, DIFFERENCES_SHOWN).map((line) => `  ${line}`),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ];
}

function document(
  { definition, run }: OpenRun,
  replayed: readonly ReplayedWindow[],
  { recomputed }: ReplayedWindow,
  explanation: ReturnType<typeof explain>,
) {
  const { digest, observation, scores } = recomputed;
  return {
    run,
    policy: definition.gauntlet.name,
    windows: replayed.length,
    asPublished: replayed.every(({ differences }) => differences.length === 0),
    window: observation.window + 1,
    digest,
    scores,
    peers: observation.peers,
    differences: replayed.flatMap(({ differences, published }) =>
      differences.map((difference) => ({ window: published.observation.window + 1, difference }))
    ),
    ...(explanation ? { explanation } : {}),
  };
}

async function follow(
  { quiet, run: directory }: ValidateOptions,
  run: OpenRun,
  engine: Engine,
  past: FrozenClock,
  { everySecond, signal, stopwatch, terminal }: CommandDependencies,
): Promise<number> {
  let scored = 0;
  let done = 0;
  const samples = evaluatedSamples(run.definition, run.machine.peers);
  const bar = new ProgressLine(terminal, stopwatch);
  const show = () => {
    if (quiet) return;
    const text = done > 0 ? `evaluated ${done} of about ${samples} samples` : "waiting";
    bar.show(`window ${scored + 1}`, Math.min(1, done / samples), text);
  };
  using _beat = everySecond(show);
  if (!quiet) terminal.error("following the run until training ends\n");
  const emit = (event: SwarmEvent) => {
    if (event.event === "scored") {
      scored++;
      done = 0;
      bar.clear();
      const { scores, window } = event;
      const list = scores.map(({ peer, score, weight }) =>
        `  ${peer}: ${score.toFixed(3)} (${(100 * weight).toFixed(1)} %)`
      );
      terminal.out(`window ${window + 1}${list.join("")}\n`);
    }
    if (event.event === "weights" && !quiet) {
      terminal.error(`window ${event.window + 1}  weights set on the ledger\n`);
    }
  };
  await followRun({
    ...run,
    directory,
    windows: new WindowClock(run.chain, past, run.definition.window),
    evaluator: await openEvaluator(engine, run, (count) => {
      done += count;
      show();
    }),
    past,
    clock: new SystemClock(),
    emit,
    stopwatch,
    signal,
    isOver: () => isOver(directory),
  });
  if (!quiet) terminal.error(`${scored} windows scored; training has ended\n`);
  return 0;
}

/** Reports whether a run is finished or no longer being trained. */
function isOver(directory: string): boolean {
  if (readEvents(join(directory, "events.jsonl")).at(-1)?.event === "finished") return true;
  try {
    using _lock = lockDirectory(directory);
    return true;
  } catch (cause) {
    if (cause instanceof DirectoryInUseError) return false;
    throw cause;
  }
}
