/** A one-line change that some test must notice. */
export interface Mutation {
  /** Behaviour that results from the change. */
  readonly breaks: string;
  /** File. */
  readonly path: string;
  /** Text to replace; occurs once in the file. */
  readonly from: string;
  /** Replacement text. */
  readonly to: string;
  /** Test files and folders to run; the file's own folder if omitted. */
  readonly tests?: readonly string[];
}

const BUCKET: readonly Mutation[] = [
  {
    breaks: "a resumed stream does not ask for the same object",
    path: "lib/bucket/retry_bucket.ts",
    from: "ifMatch: info.etag, ",
    to: "",
  },
  {
    breaks: "a finished stream keeps its place",
    path: "lib/bucket/limiting_bucket.ts",
    from: "reader.closed.then(leave, leave);",
    to: "",
  },
  {
    breaks: "a stalled store is read past the deadline",
    path: "lib/swarm/examination/gather.ts",
    from: "task(peer, signal), deadline, late, signal)",
    to: "task(peer, new AbortController().signal), deadline, late, signal)",
  },
  {
    breaks: "after an error the next task of a pool begins",
    path: "lib/async/map_parallel.ts",
    from: "ends.throwIfAborted();\n      results",
    to: "results",
  },
];

const SPARSELOCO: readonly Mutation[] = [
  {
    breaks: "the outer rate is ignored",
    path: "lib/sparseloco/outer_step.ts",
    from: "i++) parameters[i] -= rate * average[i]",
    to: "i++) parameters[i] -= average[i]",
  },
  {
    breaks: "the quantiser rounds halves up",
    path: "lib/sparseloco/quantise.ts",
    from: "return floor % 2 === 0 ? floor : floor + 1",
    to: "return floor + 1",
  },
  {
    breaks: "norms are clipped to the upper median",
    path: "lib/sparseloco/aggregate.ts",
    from: "lowerMedian(norms)",
    to: "[...norms].sort((a, b) => a - b)[norms.length >> 1]",
  },
  {
    breaks: "small peers are scaled up",
    path: "lib/sparseloco/aggregate.ts",
    from: "Math.min(1, median / (norms[peer] + NORM_FLOOR))",
    to: "median / (norms[peer] + NORM_FLOOR)",
  },
  {
    breaks: "selected-mean divides by all peers",
    path: "lib/sparseloco/aggregate.ts",
    from: "sums[i] /= selected[i]",
    to: "sums[i] /= tensors.length",
  },
  {
    breaks: "the error feedback does not decay",
    path: "lib/sparseloco/compress.ts",
    from: "decay * errorFeedback[from] + delta[from]",
    to: "errorFeedback[from] + delta[from]",
  },
  {
    breaks: "the schedule has no floor",
    path: "lib/sparseloco/schedule.ts",
    from: "return floorFraction + ((1 - floorFraction)",
    to: "return ((1 - floorFraction)",
  },
];

const GAUNTLET: readonly Mutation[] = [
  {
    breaks: "ties do not share delta",
    path: "lib/gauntlet/rate_match.ts",
    from: "(share * (1 - share)) / sharers[q]",
    to: "share * (1 - share)",
  },
  {
    breaks: "deviations shrink to zero",
    path: "lib/gauntlet/rate_match.ts",
    from: "Math.max(shrink, KAPPA)",
    to: "Math.max(shrink, 0)",
  },
  {
    breaks: "the sync exponent is fixed",
    path: "lib/gauntlet/sync_score.ts",
    from: "stepsBehindMax, power)",
    to: "stepsBehindMax, 2.5)",
  },
  {
    breaks: "the blend of step sizes is swapped",
    path: "lib/gauntlet/score_window.ts",
    from: "(1 - STEP_SIZE_ALPHA) * before[i] + STEP_SIZE_ALPHA * change",
    to: "STEP_SIZE_ALPHA * before[i] + (1 - STEP_SIZE_ALPHA) * change",
  },
  {
    breaks: "own data is proven at half the deviations",
    path: "lib/gauntlet/score_window.ts",
    from: "deviations >= proven &&",
    to: "deviations >= proven / 2 &&",
  },
  {
    breaks: "old evidence counts in full",
    path: "lib/gauntlet/own_data_evidence.ts",
    from: "sum: decay * sum + z",
    to: "sum: sum + z",
  },
  {
    breaks: "one window may outweigh all others",
    path: "lib/gauntlet/own_data_evidence.ts",
    from: "Math.max(-Z_MAX, Math.min(Z_MAX, z))",
    to: "z",
  },
  {
    breaks: "the earlier commitment is the copy",
    path: "lib/gauntlet/find_copies.ts",
    from: "return a.committedMs > b.committedMs",
    to: "return a.committedMs < b.committedMs",
  },
  {
    breaks: "peers that have waited are not more likely to be selected",
    path: "lib/gauntlet/select_evaluated.ts",
    from: "findIndex(({ turn }) => (left -= turn) < 0)",
    to: "findIndex(() => (left -= 1) < 0)",
  },
  {
    breaks: "burnt weight is paid out",
    path: "lib/gauntlet/peer_weights.ts",
    from: "return toSum(weights, 1 - burnRate)",
    to: "return toSum(weights, 1)",
  },
  {
    breaks: "the reserve may earn more than the last gather peer",
    path: "lib/gauntlet/peer_weights.ts",
    from: "const paid = Math.min(ceiling, ",
    to: "const paid = Math.min(1, ",
  },
  {
    breaks: "all peers are challenged on the same elements",
    path: "lib/gauntlet/challenge.ts",
    from: "covey challenge ${nonce} ${uid} ${tensor}",
    to: "covey challenge ${nonce} ${tensor}",
  },
];

const SWARM: readonly Mutation[] = [
  {
    breaks: "a borrowed digest is accepted",
    path: "lib/swarm/examination/observe_window.ts",
    from: "return same ? 0 : NaN",
    to: "return 0",
  },
  {
    breaks: "weights are set twice",
    path: "lib/swarm/validator.ts",
    from: "if (last !== undefined && last >= (window + 1) * blocks) return;",
    to: "",
    tests: ["lib/swarm/validator_test.ts"],
  },
  {
    breaks: "random samples include own ones",
    path: "lib/swarm/examination/evaluate_submissions.ts",
    from: ".filter((sample) => !taken.has(sample))",
    to: "",
    tests: ["lib/swarm/examination", "lib/swarm/validator_test.ts"],
  },
  {
    breaks: "evaluations clip to the lower median",
    path: "lib/swarm/examination/evaluate_submissions.ts",
    from: "upperMedian(norms.map((each) => each[i]))",
    to: "norms.map((each) => each[i]).sort((a, b) => a - b)[(norms.length - 1) >> 1]",
  },
  {
    breaks: "one window fewer is kept",
    path: "lib/swarm/statement/remove_old_objects.ts",
    from: "let old = window - retained;",
    to: "let old = window - retained + 1;",
  },
  {
    breaks: "the later of equal validators leads",
    path: "lib/swarm/roles.ts",
    from: "best.stake >= each.stake",
    to: "best.stake > each.stake",
    tests: ["lib/swarm/roles_test.ts"],
  },
  {
    breaks: "validators also train",
    path: "lib/swarm/roles.ts",
    from: "stake === 0",
    to: "stake >= 0",
    tests: ["lib/swarm/roles_test.ts"],
  },
  {
    breaks: "a replay that differs from the run passes",
    path: "lib/swarm/differences.ts",
    from: "return Object.is(a, b) ? []",
    to: "return a !== undefined ? []",
    tests: ["lib/swarm/replay_test.ts"],
  },
  {
    breaks: "late submissions count",
    path: "lib/swarm/window_clock.ts",
    from: "endMs + acceptanceSeconds * 1000",
    to: "endMs + acceptanceSeconds * 2000",
    tests: ["lib/swarm", "lib/adversary"],
  },
];

const LLAMA: readonly Mutation[] = [
  {
    breaks: "epsilon is added before bias correction",
    path: "lib/llama/training/adamw.ts",
    from: "(epsilon * correction) / rate",
    to: "epsilon / rate",
  },
  {
    breaks: "the second moment is not clipped",
    path: "lib/llama/training/adamw.ts",
    from: "(1 - beta2) * clip * clip",
    to: "1 - beta2",
  },
  {
    breaks: "attention sees the next token",
    path: "lib/llama/model/decoder_block.ts",
    from: "row * sequence + row + 1, (row + 1) * sequence",
    to: "row * sequence + row + 2, (row + 1) * sequence",
    tests: ["lib/llama/training"],
  },
  {
    breaks: "windows are one key too long",
    path: "lib/llama/scoring/scoring_graphs.ts",
    from: 'graph.scalar("int32", window - 1)',
    to: 'graph.scalar("int32", window)',
  },
  {
    breaks: "residual projections are initialised as large as others",
    path: "lib/llama/model/initial_parameters.ts",
    from: "1 / Math.sqrt(2 * (Number(match[1]) + 1))",
    to: "1",
  },
  {
    breaks: "padding of the vocabulary is sampled",
    path: "lib/llama/generation/sample_token.ts",
    from: "logits.subarray(0, vocabularySize)",
    to: "logits",
  },
];

/** All mutations; none may survive. */
export const MUTATIONS: readonly Mutation[] = [
  ...BUCKET,
  ...SPARSELOCO,
  ...GAUNTLET,
  ...SWARM,
  ...LLAMA,
];
