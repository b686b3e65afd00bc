import type { RefusalReason } from "../sparseloco/refusal.ts";

/** Timed phases of a window, in order. */
export const PHASES = [
  "train",
  "compress",
  "upload",
  "gather",
  "outer",
  "save",
  "evaluate",
] as const;

/** A timed phase of a window. */
export type Phase = typeof PHASES[number];

/**
 * An event of a run, one JSON line in `events.jsonl`. The display, the report and every other view are
 * derived from events alone. An interrupted window appears again after `resumed`; its later lines count.
 */
export type SwarmEvent =
  | {
    event: "started";
    run: string;
    peers: number;
    windows: number;
    parameters: number;
    trainTokens: number;
    unigramEntropy: number;
    device: string;
    stepShape: "whole" | "blocks";
  }
  | { event: "resumed"; window: number }
  | { event: "phase"; window: number; uid: number; phase: Phase }
  | {
    event: "step";
    window: number;
    uid: number;
    step: number;
    loss: number;
    gradientNorm: number;
    learningRate: number;
    tokens: number;
  }
  | { event: "phase-ended"; window: number; uid: number; phase: Phase; seconds: number }
  | {
    event: "submitted";
    window: number;
    uid: number;
    bytes: number;
    values: number;
    denseBytes: number;
    sampleDigest: string;
  }
  | {
    event: "refused";
    window: number;
    uid: number;
    peer: number;
    reason: RefusalReason;
    detail: string;
  }
  | {
    event: "verdict";
    window: number;
    uid: number;
    accepted: number[];
    excluded: { uid: number; reason: string }[];
  }
  | { event: "applied"; window: number; uid: number; peers: number[] }
  | { event: "idle"; window: number; uid: number; reason: string }
  | { event: "delayed"; window: number; uid: number; reason: string }
  | {
    event: "scored";
    window: number;
    uid: number;
    scores: {
      peer: number;
      score: number;
      weight: number;
      gain?: number;
      evidence?: number;
      penalties: string[];
    }[];
  }
  | { event: "weights"; window: number; uid: number; weights: { uid: number; weight: number }[] }
  | { event: "digest"; window: number; uid: number; digest: string }
  | {
    event: "agreement";
    window: number;
    uid: number;
    agree: number[];
    disagree: number[];
    silent: number[];
  }
  | { event: "held-out-loss"; window: number; loss: number }
  | { event: "checkpoint"; window: number; digest: string; path: string }
  | { event: "interrupted"; window: number }
  | { event: "finished"; windows: number; digest: string; sample: string };

/** Receives events as they occur. */
export type Emit = (event: SwarmEvent) => void;

/** Event type with the given name. */
export type EventOf<Name extends SwarmEvent["event"]> = Extract<SwarmEvent, { event: Name }>;
