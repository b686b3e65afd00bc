import * as v from "valibot";

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));
const atLeastOne = v.pipe(count, v.minValue(1));
const real = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e6));
const positive = v.pipe(real, v.gtValue(0));

/** Scoring constants, in groups; each can be set in a run's definition. */
export const POLICY_SCHEMA = v.strictObject({
  /** Policy that supplies the omitted keys. */
  name: v.picklist(["templar", "paper"]),
  evaluation: v.strictObject({
    /** Maximum number of peers evaluated per window. */
    peersPerWindow: atLeastOne,
    /** Number of bins of similar rating, one of which is evaluated when there are more peers. */
    bins: atLeastOne,
    /** Number of sequences assigned to a peer on which it is tested. */
    ownSamples: v.pipe(count, v.minValue(2)),
    /** Number of sequences assigned to no evaluated peer. */
    randomSamples: v.pipe(count, v.minValue(2)),
    /** Fraction of the outer step applied for an evaluation. */
    stepFactor: positive,
    /** Fraction of the window's middle gain up to which an evaluation counts as negative. */
    uselessShare: share,
  }),
  evidence: v.strictObject({
    /** Weight of earlier windows relative to the newest. */
    decay: v.pipe(share, v.ltValue(1)),
    /** Standard deviations from which training on own data counts as proven. */
    proven: real,
    /** Weight of the newest indicator in the moving average. */
    averageAlpha: share,
    /** Averages below this count as 0. */
    averageFloor: share,
    /** Windows of a peer before the floor applies. */
    floorAfterWindows: count,
  }),
  rating: v.strictObject({ beta: positive, tau: real }),
  sync: v.strictObject({
    estimate: v.picklist(["interquartile-mean", "median"]),
    stepsBehindMax: positive,
    power: positive,
    /** Steps behind above which the penalty applies. */
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
    /** Factor by number of consecutive misses; the last one applies to all further misses. */
    missing: v.pipe(v.array(share), v.minLength(1), v.maxLength(16)),
    missesOfRecent: atLeastOne,
    /** Share of peers that must have delivered for a miss to be the peer's fault. */
    outageShare: share,
    invalid: share,
    poorSync: share,
    copy: share,
    negative: share,
    negativesOfRecent: count,
    recent: atLeastOne,
    /** Consecutive negative evaluations from which a peer is excluded; 0 for never. */
    excludeAfterNegatives: count,
    /** Negative evaluations among the recent ones from which a peer is excluded; 0 for never. */
    excludeAfterRecentNegatives: count,
    timeoutWindows: count,
    scoreFloor: real,
  }),
  selection: v.strictObject({
    gatherCount: atLeastOne,
    reserveCount: count,
    /** Whether a peer needs a good evaluation before it counts, once any peer has one. */
    probation: v.boolean(),
    /** Maximum ratio of a submission's norm to the usual norm. */
    normRatioMax: v.pipe(positive, v.minValue(1)),
  }),
  weights: v.strictObject({
    rule: v.picklist(["line", "power"]),
    burnRate: share,
    gatherShare: share,
    gatherTopRatio: v.pipe(positive, v.minValue(1)),
    reserveDecay: share,
    /** Whether the reserve gets its full share, or the reference's cap, which loses most of it. */
    reserve: v.picklist(["share", "capped"]),
    power: positive,
    windowsPerWeights: atLeastOne,
  }),
});

const { name, ...GROUPS } = POLICY_SCHEMA.entries;

/** A policy in which any key may be omitted. */
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

/** Scoring constants; recomputing a score requires the same ones. */
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
 * Gauntlet paper (arXiv 2505.21684), which uses one factor for every failure and sets weights by the square
 * of the score. Weaknesses of the originals have the same fix in both; docs/gauntlet.md lists them.
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
