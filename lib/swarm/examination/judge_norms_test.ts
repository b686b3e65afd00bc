import { NEW_STATE } from "../../gauntlet/gauntlet_state.ts";
import { judgeNorms } from "./judge_norms.ts";
import { simulatedDefinition } from "../../simulation/simulated_definition.ts";
import { emptyCompressed } from "../../sparseloco/compressed_tensor.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Submission } from "./examine_submission.ts";
import assert from "node:assert/strict";

Deno.test("judgeNorms accepts a new norm that most peers send and refuses one that differs", () => {
  const policy = simulatedDefinition().gauntlet;
  const sent = (norms: number[]) =>
    new Map(norms.map((norm, uid) => {
      const tensor = emptyCompressed([64, 64], 64);
      tensor.levels[0] = norm / Math.sqrt(tensor.codes.length);
      return [uid, { uid, tensors: [tensor] } as unknown as Submission];
    }));
  const judge = (norms: number[], usualNorm?: number) => {
    const state = { ...NEW_STATE, ...(usualNorm === undefined ? {} : { usualNorm }) };
    const { judged, small } = judgeNorms(sent(norms), state, policy);
    const refused = [...judged].filter(([, found]) => found instanceof RefusedError);
    return { refused: refused.map(([uid]) => uid), small: [...small] };
  };
  assert.deepEqual(judge([1, 1.1, 50]), { refused: [2], small: [] });
  assert.deepEqual(judge([1, 50]), { refused: [], small: [] });
  assert.deepEqual(judge([1, 50], 1), { refused: [1], small: [] });
  // A small norm breaks no rule, but must not be the median that others are clipped to.
  assert.deepEqual(judge([42, 43, 44, 1], 1), { refused: [], small: [3] });
  assert.deepEqual(judge([0, 1, 1], 1), { refused: [], small: [0] });
  assert.deepEqual(judge([1.334, 15.68], 15.68), { refused: [], small: [0] });
});
