import type { SwarmEvent } from "../lib/swarm/swarm_event.ts";

/** Returns the events of a run with two peers, of two windows by default. */
export function swarmEvents(windows = 2): SwarmEvent[] {
  const list: SwarmEvent[] = [{
    event: "started",
    run: "ab".repeat(32),
    peers: 2,
    windows,
    parameters: 828544,
    trainTokens: 1000,
    unigramEntropy: 3.3,
    device: "cpu",
    stepShape: "whole",
  }];
  for (let window = 0; window < windows; window++) {
    for (const uid of [0, 1]) {
      list.push(
        { event: "phase", window, uid, phase: "train" },
        {
          event: "step",
          window,
          uid,
          step: 0,
          loss: 4 - window,
          gradientNorm: 1,
          learningRate: 1e-3,
          tokens: 100,
        },
        { event: "phase-ended", window, uid, phase: "train", seconds: 2 },
        {
          event: "submitted",
          window,
          uid,
          bytes: 1000,
          values: 900,
          denseBytes: 200_000,
          sampleDigest: "",
        },
        { event: "verdict", window, uid: 2, accepted: [0, 1], excluded: [] },
        { event: "digest", window, uid, digest: "cd".repeat(32) },
        { event: "agreement", window, uid, agree: [0, 1], disagree: [], silent: [] },
      );
    }
    list.push({ event: "held-out-loss", window, loss: 3.5 - window });
  }
  return list;
}
