import assert from "node:assert/strict";
import { NEW_STATE } from "../../gauntlet/gauntlet_state.ts";
import { simulatedDefinition } from "../../simulation/simulated_definition.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import { testPeer } from "../../../testing/upload_submission.ts";
import type { Submission } from "./examine_submission.ts";
import type { Found } from "./found.ts";
import { chooseAccepted, examinedPeers, planWindow } from "./plan_window.ts";

const PLAN = {
  records: [],
  selection: { gather: [4, 2, 7], reserve: [9, 1], excluded: [] },
  chosen: [3, 4],
};
const there = (...uids: number[]) =>
  new Map<number, Found>(uids.map((uid) => [uid, { uid } as Submission]));

Deno.test("examinedPeers lists each peer that may count or is evaluated, once", () => {
  assert.deepEqual(examinedPeers(PLAN), [1, 2, 3, 4, 7, 9]);
});

Deno.test("chooseAccepted replaces missing, refused and small submissions from the reserve", () => {
  const none = new Set<number>();
  assert.deepEqual(chooseAccepted(PLAN, there(1, 2, 4, 7, 9), none), [2, 4, 7]);
  assert.deepEqual(chooseAccepted(PLAN, there(1, 4, 7, 9), none), [4, 7, 9]);
  const refused = there(1, 2, 4, 7, 9).set(7, new RefusedError("missing", "key"));
  assert.deepEqual(chooseAccepted(PLAN, refused, new Set([2])), [1, 4, 9]);
  assert.deepEqual(chooseAccepted(PLAN, there(), none), []);
});

Deno.test("planWindow is determined by state and nonce", () => {
  const policy = simulatedDefinition().gauntlet;
  const trainers = [0, 1, 2].map(testPeer);
  const plan = planWindow(NEW_STATE, trainers, policy, "aa".repeat(32));
  assert.deepEqual(plan, planWindow(NEW_STATE, trainers, policy, "aa".repeat(32)));
  assert.deepEqual(plan.records.map(({ uid }) => uid), [0, 1, 2]);
  assert.deepEqual(plan.selection.gather, [0, 1, 2]);
});
