import type { GauntletState } from "../../gauntlet/gauntlet_state.ts";
import type { MaskedSubmission } from "../../gauntlet/find_copies.ts";
import { scoreWindow } from "../../gauntlet/score_window.ts";
import { submissionsOf } from "./found.ts";
import { observeWindow, type WindowInputs } from "./observe_window.ts";
import type { WindowRecord } from "../statement/window_record.ts";

/**
 * Derives all results from a validator's inputs at a window's end: observation, scores, next scoring state.
 * Used by both the live validator and the replay.
 */
export async function recordWindow(
  inputs: WindowInputs,
): Promise<{ record: WindowRecord; gauntlet: GauntletState; masks: MaskedSubmission[] }> {
  const { context: { definition, nonce }, found, memory, outcome: { digest } } = inputs;
  const { masks, observation } = await observeWindow(inputs);
  const { scores, state: gauntlet } = scoreWindow(memory.state, observation, definition.gauntlet);
  const examined = submissionsOf(found).map(({ commitment, uid }) => ({
    uid,
    sha256: commitment.manifest.sha256,
    committedMs: commitment.committedMs,
  }));
  const states = [...inputs.states].map(([uid, { text }]) => ({ uid, text }));
  return { record: { nonce, examined, digest, states, observation, scores }, gauntlet, masks };
}
