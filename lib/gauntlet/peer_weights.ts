import { power as raise } from "./power.ts";
import type { GauntletPolicy } from "./policy.ts";

type WeightSettings =
  & GauntletPolicy["weights"]
  & Pick<GauntletPolicy["selection"], "gatherCount" | "reserveCount">;

/**
 * Returns the weights of ranked peers. `line`, as in the reference's final run: gather peers on a straight
 * line, reserve peers geometrically and never above the last gather peer. `power`, as in the paper: a power
 * of the score. All are scaled to the share that is not burned.
 *
 * @param scores Positive scores, descending.
 * @returns One weight for each of the top peers, summing to 1 - burnRate; empty without peers.
 */
export function peerWeights(scores: readonly number[], settings: WeightSettings): number[] {
  const { burnRate, gatherCount, power, reserveCount, rule } = settings;
  const weights = rule === "power"
    ? scores.map((score) => raise(score, power))
    : lineWeights(scores.slice(0, gatherCount + reserveCount).length, settings);
  return toSum(weights, 1 - burnRate);
}

function lineWeights(ranked: number, settings: WeightSettings): number[] {
  const { gatherCount, gatherShare, gatherTopRatio } = settings;
  const gathered = Math.min(ranked, gatherCount);
  const line = Array.from(
    { length: gathered },
    (_, i) =>
      gathered === 1
        ? gatherTopRatio
        : gatherTopRatio + ((1 - gatherTopRatio) * i) / (gathered - 1),
  );
  const gather = toSum(line, gatherShare);
  return [...gather, ...reserveWeights(ranked - gathered, gather.at(-1) ?? 0, settings)];
}

/** Returns geometric weights of the reserve, none above the ceiling. */
function reserveWeights(
  count: number,
  ceiling: number,
  { gatherShare, reserve, reserveDecay }: WeightSettings,
): number[] {
  const wanted = toSum(
    Array.from({ length: count }, (_, i) => raise(reserveDecay, i)),
    1 - gatherShare,
  );
  if (reserve === "capped") {
    const factor = count > 0 && wanted[0] > ceiling ? (ceiling / wanted[0]) * 0.5 : 1;
    return wanted.map((weight) => weight * factor);
  }
  // Weight above the ceiling goes to the peers below, so that the reserve keeps its share.
  let left = 1 - gatherShare;
  let rest = 1 - gatherShare;
  return wanted.map((weight) => {
    const paid = Math.min(ceiling, rest > 0 ? (left * weight) / rest : ceiling);
    left = Math.max(0, left - paid);
    rest -= weight;
    return paid;
  });
}

function toSum(values: number[], sum: number): number[] {
  const total = values.reduce((before, value) => before + value, 0);
  return values.map((value) => (value / total) * sum);
}
