import * as v from "valibot";

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));
const atLeastOne = v.pipe(count, v.minValue(1));
const real = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e6));
const positive = v.pipe(real, v.gtValue(0));

/** Constants of scoring, in groups; every one can be set in a run's definition. */
export const POLICY_SCHEMA = v.strictObject({
  /** Policy that keys which are left out are taken from. */
  name: v.picklist(["templar", "paper"]),
  evaluation: v.strictObject({
    /** Peers evaluated in a window at most. */
    peersPerWindow: atLeastOne,
    /** Bins of similar rating, of which one is evaluated when there are more peers. */
    bins: atLeastOne,
    /** Sequences that a peer was assigned, on which it is tested. */
    ownSamples: v.pipe(count, v.minValue(2)),
    /** Sequences that no evaluated peer was assigned. */
    randomSamples: v.pipe(count, v.minValue(2)),
    /** Part of the outer step that is tried out. */
    stepFactor: positive,
    /** Part of the window's middle gain up to which an evaluation counts as negative. */
    uselessShare: share,
  }),
  evidence: v.strictObject({
    /** Weight of the windows before against the newest. */
    decay: v.pipe(share, v.ltValue(1)),
    /** Standard deviations from which a peer has shown that it trained on its own data. */
    proven: real,
    /** Weight of the newest indicator in the moving average. */
    averageAlpha: share,
    /** Averages below this count as nothing. */
    averageFloor: share,
    /** Windows of a peer before the floor counts. */
    floorAfterWindows: count,
  }),
  rating: v.strictObject({ beta: positive, tau: real }),
  sync: v.strictObject({
    estimate: v.picklist(["interquartile-mean", "median"]),
    stepsBehindMax: positive,
    power: positive,
    /** Steps behind from which the penalty is due. */
    poorAbove: real,
  }),
  copies: v.strictObject({
    /** Outer steps before overlaps count. */
    afterSteps: count,
    high: share,
    max: share,
    mega: share,
  }),
  penalties: v.strictObject({
    inactive: share,
    inactiveResetWindows: atLeastOne,
    /** Factor by consecutive miss; the last one holds from then on. */
    missing: v.pipe(v.array(share), v.minLength(1), v.maxLength(16)),
    missesOfRecent: atLeastOne,
    /** Share of peers that must have come through before a miss is a peer's fault. */
    outageShare: share,
    invalid: share,
    poorSync: share,
    copy: share,
    negative: share,
    negativesOfRecent: count,
    recent: atLeastOne,
    /** Negative evaluations in a row from which a peer is left out; 0 for never. */
    excludeAfterNegatives: count,
    /** Negative ones among the recent evaluations from which a peer is left out; 0 for never. */
    excludeAfterRecentNegatives: count,
    timeoutWindows: count,
    scoreFloor: real,
  }),
  selection: v.strictObject({
    gatherCount: atLeastOne,
    reserveCount: count,
    /** Whether a peer must have been evaluated well before it counts, once any peer has. */
    probation: v.boolean(),
    /** Norm of a submission over the usual one, up to which it is taken. */
    normRatioMax: v.pipe(positive, v.minValue(1)),
  }),
  weights: v.strictObject({
    rule: v.picklist(["line", "power"]),
    burnRate: share,
    gatherShare: share,
    gatherTopRatio: v.pipe(positive, v.minValue(1)),
    reserveDecay: share,
    /** Whether the reserve gets its share, or the reference's cap, under which most of it is lost. */
    reserve: v.picklist(["share", "capped"]),
    power: positive,
    windowsPerWeights: atLeastOne,
  }),
});

const { name, ...GROUPS } = POLICY_SCHEMA.entries;

/** A policy of which any part may be left out. */
export const PARTIAL_POLICY_SCHEMA = v.partial(v.strictObject({
  name,
  evaluation: v.partial(GROUPS.evaluation),
  evidence: v.partial(GROUPS.evidence),
  rating: v.partial(GROUPS.rating),
  sync: v.partial(GROUPS.sync),
  copies: v.partial(GROUPS.copies),
  penalties: v.partial(GROUPS.penalties),
  selection: v.partial(GROUPS.selection),
  weights: v.partial(GROUPS.weights),
}));

/** How peers are scored: constants that everyone who recomputes a score must share. */
export type GauntletPolicy = v.InferOutput<typeof POLICY_SCHEMA>;

const TEMPLAR: GauntletPolicy = {
  name: "templar",
  evaluation: {
    peersPerWindow: 20,
    bins: 5,
    ownSamples: 64,
    randomSamples: 128,
    stepFactor: 0.2,
    uselessShare: 0.1,
  },
  evidence: {
    decay: 0.75,
    proven: 1.3,
    averageAlpha: 0.05,
    averageFloor: 0.1,
    floorAfterWindows: 10,
  },
  rating: { beta: 7, tau: 0.1 },
  sync: { estimate: "interquartile-mean", stepsBehindMax: 3, power: 2.5, poorAbove: 2 },
  copies: { afterSteps: 20, high: 0.4, max: 0.5, mega: 0.6 },
  penalties: {
    inactive: 0.75,
    inactiveResetWindows: 3,
    missing: [0.75, 0.5, 0],
    missesOfRecent: 4,
    outageShare: 0.4,
    invalid: 0,
    poorSync: 0.75,
    copy: 0.5,
    negative: 0.25,
    negativesOfRecent: 4,
    recent: 8,
    excludeAfterNegatives: 3,
    excludeAfterRecentNegatives: 2,
    timeoutWindows: 20,
    scoreFloor: 1e-4,
  },
  selection: { gatherCount: 20, reserveCount: 10, probation: true, normRatioMax: 30 },
  weights: {
    rule: "line",
    burnRate: 0.5,
    gatherShare: 0.75,
    gatherTopRatio: 2,
    reserveDecay: 0.5,
    reserve: "share",
    power: 2,
    windowsPerWeights: 3,
  },
};

/**
 * Policies by name: `templar` has the constants of the 72B run's final version, `paper` those of the
 * Gauntlet paper (arXiv 2505.21684), which knows one factor for every failure and pays by the square of the
 * score. Where the two leave a weakness, both have the same cure; docs/gauntlet.md lists them.
 */
export const POLICIES: Readonly<Record<GauntletPolicy["name"], GauntletPolicy>> = {
  templar: TEMPLAR,
  paper: {
    ...TEMPLAR,
    name: "paper",
    evaluation: { ...TEMPLAR.evaluation, peersPerWindow: 5, bins: 1 },
    evidence: { ...TEMPLAR.evidence, averageFloor: 0 },
    sync: { estimate: "median", stepsBehindMax: 5, power: 2.5, poorAbove: 3 },
    penalties: {
      ...TEMPLAR.penalties,
      missing: [0.75],
      invalid: 0.75,
      negative: 1,
      excludeAfterNegatives: 0,
    },
    selection: { ...TEMPLAR.selection, gatherCount: 15, reserveCount: 0 },
    weights: { ...TEMPLAR.weights, rule: "power", burnRate: 0, windowsPerWeights: 1 },
  },
};
