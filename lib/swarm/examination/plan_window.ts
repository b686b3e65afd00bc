import type { Registration } from "../../chain/chain.ts";
import { type GauntletState, type PeerRecord, recordOf } from "../../gauntlet/gauntlet_state.ts";
import type { GauntletPolicy } from "../../gauntlet/policy.ts";
import { selectAggregated, type Selection } from "../../gauntlet/select_aggregated.ts";
import { selectEvaluated } from "../../gauntlet/select_evaluated.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import { drawsOf } from "./draws.ts";
import type { Found } from "./found.ts";

/** Peers that a validator examines in a window; determined by its scoring state and its nonce. */
export interface Plan {
  /** Records of all trainers, ascending by uid; new ones for unknown peers. */
  readonly records: readonly PeerRecord[];
  /** Peers whose submissions are to count. */
  readonly selection: Selection;
  /** Peers to evaluate, ascending by uid. */
  readonly chosen: readonly number[];
}

/** Plans a window. */
export function planWindow(
  state: GauntletState,
  trainers: readonly Registration[],
  policy: GauntletPolicy,
  nonce: string,
): Plan {
  const records = trainers.map((trainer) => recordOf(state, trainer));
  const selection = selectAggregated(records, policy, state.window);
  const allowed = records.filter(({ timeoutUntil }) => timeoutUntil <= state.window);
  const random = drawsOf(nonce, "evaluated");
  return { records, selection, chosen: selectEvaluated(allowed, policy, () => random.uniform()) };
}

/** Returns the peers whose submissions a plan needs, ascending. */
export function examinedPeers({ chosen, selection: { gather, reserve } }: Plan): number[] {
  return [...new Set([...gather, ...reserve, ...chosen])].sort((a, b) => a - b);
}

/**
 * Chooses the submissions that count: those of the gather peers, each unavailable one replaced from the
 * reserve.
 *
 * @param found Examination results of the peers that the plan needs.
 * @param small Peers whose submissions are set aside.
 * @returns Accepted uids, ascending.
 */
export function chooseAccepted(
  { selection: { gather, reserve } }: Plan,
  found: ReadonlyMap<number, Found>,
  small: ReadonlySet<number>,
): number[] {
  const isThere = (uid: number) =>
    found.has(uid) && !small.has(uid) && !(found.get(uid) instanceof RefusedError);
  return [...gather, ...reserve].filter(isThere).slice(0, gather.length).sort((a, b) => a - b);
}
