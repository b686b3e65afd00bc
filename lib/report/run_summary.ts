import type { EventOf, Phase, SwarmEvent } from "../swarm/swarm_event.ts";

/** Statistics of one window. */
export interface WindowSummary {
  /** Number of the window. */
  window: number;
  /** Mean training loss by peer, nats per token. */
  peerLoss: Map<number, { sum: number; steps: number }>;
  /** Loss on held-out text; undefined until measured. */
  heldOutLoss: number | undefined;
  /** Bytes of each peer's submission. */
  peerBytes: Map<number, number>;
  /** Seconds by phase, summed over all peers. */
  seconds: Map<Phase, number>;
  /** Peers whose submissions the validator's verdict names. */
  accepted: number[];
  /** Submissions that the validator refused. */
  refused: { peer: number; reason: string }[];
  /** Scores of the window, as given by the validator. */
  scores: EventOf<"scored">["scores"];
  /** Digest by peer. */
  digests: Map<number, string>;
  /** Whether every peer published the first peer's digest. */
  agreed: boolean;
  /** Tokens trained on. */
  tokens: number;
  /** Values sent. */
  values: number;
  /** Bytes sent. */
  bytes: number;
  /** Bytes that dense f32 would have taken. */
  denseBytes: number;
}

/** Statistics of a run, shared by all views of its events. */
export interface RunSummary {
  /** First event of the run. */
  started: Extract<SwarmEvent, { event: "started" }> | undefined;
  /** Windows in order. */
  windows: WindowSummary[];
  /** Current activity of the run. */
  now: { window: number; uid: number; phase: Phase; step: number } | undefined;
  /** Last event of a finished run. */
  finished: Extract<SwarmEvent, { event: "finished" }> | undefined;
}

/** Returns the summary of a run without events. */
export function emptySummary(): RunSummary {
  return {
    started: undefined,
    windows: [],
    now: undefined,
    finished: undefined,
  };
}

/** Averages the training loss of a window over peers and steps; undefined before the first step. */
export function trainLoss({ peerLoss }: WindowSummary): number | undefined {
  let sum = 0;
  let steps = 0;
  for (const loss of peerLoss.values()) {
    sum += loss.sum;
    steps += loss.steps;
  }
  return steps > 0 ? sum / steps : undefined;
}

/** Sums a statistic over all windows. */
export function total(
  { windows }: RunSummary,
  key: "tokens" | "values" | "bytes" | "denseBytes",
): number {
  return windows.reduce((sum, window) => sum + window[key], 0);
}

/** Adds one event to a summary, in place. */
export function summarize(summary: RunSummary, event: SwarmEvent): void {
  const handlers: { [Name in SwarmEvent["event"]]?: (event: never) => void } = {
    started: (e: EventOf<"started">) => summary.started = e,
    resumed: (e: EventOf<"resumed">) => dropFrom(summary, e.window),
    phase: (e: EventOf<"phase">) => summary.now = { ...e, step: 0 },
    step: (e: EventOf<"step">) => takeStep(summary, e),
    "phase-ended": (e: EventOf<"phase-ended">) => {
      const { seconds } = windowOf(summary, e.window);
      seconds.set(e.phase, (seconds.get(e.phase) ?? 0) + e.seconds);
    },
    submitted: (e: EventOf<"submitted">) => {
      const entry = windowOf(summary, e.window);
      entry.peerBytes.set(e.uid, e.bytes);
      for (const key of ["bytes", "values", "denseBytes"] as const) entry[key] += e[key];
    },
    verdict: (e: EventOf<"verdict">) => windowOf(summary, e.window).accepted = e.accepted,
    refused: (e: EventOf<"refused">) =>
      windowOf(summary, e.window).refused.push({ peer: e.peer, reason: e.reason }),
    scored: (e: EventOf<"scored">) => windowOf(summary, e.window).scores = e.scores,
    digest: (e: EventOf<"digest">) => windowOf(summary, e.window).digests.set(e.uid, e.digest),
    agreement: (e: EventOf<"agreement">) => {
      if (e.uid !== 0) return;
      windowOf(summary, e.window).agreed = e.disagree.length === 0 && e.silent.length === 0;
    },
    "held-out-loss": (e: EventOf<"held-out-loss">) =>
      windowOf(summary, e.window).heldOutLoss = e.loss,
    finished: (e: EventOf<"finished">) => summary.finished = e,
  };
  handlers[event.event]?.(event as never);
}

function takeStep(summary: RunSummary, { window, uid, step, loss, tokens }: EventOf<"step">): void {
  const entry = windowOf(summary, window);
  const { peerLoss } = entry;
  const before = peerLoss.get(uid) ?? { sum: 0, steps: 0 };
  peerLoss.set(uid, { sum: before.sum + loss, steps: before.steps + 1 });
  entry.tokens += tokens;
  summary.now = { window, uid, phase: "train", step: step + 1 };
}

function windowOf(summary: RunSummary, window: number): WindowSummary {
  const known = summary.windows.findLast((entry) => entry.window === window);
  if (known) return known;
  const entry: WindowSummary = {
    window,
    peerLoss: new Map(),
    heldOutLoss: undefined,
    peerBytes: new Map(),
    seconds: new Map(),
    accepted: [],
    refused: [],
    scores: [],
    digests: new Map(),
    agreed: false,
    tokens: 0,
    values: 0,
    bytes: 0,
    denseBytes: 0,
  };
  summary.windows.push(entry);
  return entry;
}

/** Drops windows that are replayed after a restart. */
function dropFrom(summary: RunSummary, window: number): void {
  summary.windows = summary.windows.filter((entry) => entry.window < window);
  summary.finished = undefined;
}
