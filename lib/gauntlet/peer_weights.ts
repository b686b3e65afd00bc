/** How a validator's weight is shared out among ranked peers. */
export interface WeightSettings {
  /** Share that goes to nobody's work. */
  readonly burnRate: number;
  /** Peers whose submissions are aggregated. */
  readonly gatherCount: number;
  /** Peers that stand in for missing ones. */
  readonly reserveCount: number;
  /** Part of the rest that the gather peers share, 0 to 1. */
  readonly gatherShare: number;
  /** Weight of the best gather peer over that of the last. */
  readonly gatherTopRatio: number;
  /** Weight of each reserve peer over that of the one before. */
  readonly reserveDecay: number;
}

/**
 * Weights of peers from the best down, as the reference's final run set them: the gather peers on a line,
 * the reserve geometrically and never above the last gather peer, all scaled to what is not burned.
 *
 * @param ranked Number of peers with a positive score.
 * @returns One weight a peer, as many as are paid; together 1 - burnRate, or nothing without peers.
 */
export function peerWeights(ranked: number, settings: WeightSettings): number[] {
  const { burnRate, gatherCount, gatherShare, gatherTopRatio, reserveCount, reserveDecay } =
    settings;
  const gathered = Math.min(ranked, gatherCount);
  const reserved = Math.min(Math.max(ranked - gatherCount, 0), reserveCount);
  const line = Array.from(
    { length: gathered },
    (_, i) =>
      gathered === 1
        ? gatherTopRatio
        : gatherTopRatio + ((1 - gatherTopRatio) * i) / (gathered - 1),
  );
  const gather = toSum(line, gatherShare);
  const reserve = toSum(
    Array.from({ length: reserved }, (_, i) => reserveDecay ** i),
    1 - gatherShare,
  );
  const ceiling = gather.at(-1) ?? 0;
  const factor = reserve.length > 0 && reserve[0] > ceiling ? (ceiling / reserve[0]) * 0.5 : 1;
  return toSum([...gather, ...reserve.map((weight) => weight * factor)], 1 - burnRate);
}

function toSum(values: number[], sum: number): number[] {
  const total = values.reduce((before, value) => before + value, 0);
  return values.map((value) => (value / total) * sum);
}
