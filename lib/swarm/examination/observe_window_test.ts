import assert from "node:assert/strict";
import { challengedElements, challengeSlices } from "../../gauntlet/challenge.ts";
import { NEW_STATE } from "../../gauntlet/gauntlet_state.ts";
import { simulatedDefinition } from "../../simulation/simulated_definition.ts";
import { testCorpus } from "../../../testing/swarm_run.ts";
import { encodeElements } from "../statement/state_statement.ts";
import { observeWindow } from "./observe_window.ts";
import { planWindow } from "./plan_window.ts";

const SHAPES = [{ name: "w", dims: [64, 4] }];
const CHALLENGE = "cc".repeat(32);
const DIGEST = "aa".repeat(32);
const state = (shift: number) =>
  new Map([["w", Float32Array.from({ length: 256 }, (_, i) => i + shift)]]);

/** Steps that a peer is seen behind, which says that it has a digest and shows elements of a state. */
async function seenBehind(digest: string, shown: ReturnType<typeof state>, part = 1) {
  const definition = simulatedDefinition();
  const trainers = [{ uid: 7, hotkey: "ab", stake: 0, block: 0 }];
  const values = [shown.get("w")!];
  const elements = challengedElements(values, challengeSlices([256], CHALLENGE, 7));
  const text = encodeElements(elements.slice(0, elements.length * part));
  const { observation } = await observeWindow({
    definition,
    shapes: SHAPES,
    before: state(0),
    after: state(0.5),
    evaluator: { losses: () => Promise.reject(new Error("nobody is evaluated")) },
    evaluations: new Map(),
    corpus: testCorpus(),
    window: 0,
    nonce: CHALLENGE,
    state: { ...NEW_STATE, stepSizes: [0.5] },
    plan: planWindow(NEW_STATE, trainers, definition.gauntlet, CHALLENGE),
    found: new Map(),
    judged: new Map(),
    accepted: [],
    digest: DIGEST,
    challenge: CHALLENGE,
    statements: new Map([[7, { content: { digest, elements: text }, text: "" }]]),
    previous: [],
  });
  return observation.peers[0].stepsBehind;
}

Deno.test("a peer that shows the common digest has to show the common elements", async () => {
  assert.equal(await seenBehind(DIGEST, state(0.5)), 0);
  assert.equal(await seenBehind(DIGEST, state(0)), undefined, "the digest is borrowed");
  assert.equal(await seenBehind(DIGEST, state(0.5), 0.5), undefined, "some elements are missing");
});

Deno.test("a peer with another digest is as many typical steps behind as its elements say", async () => {
  const other = "bb".repeat(32);
  assert.equal(await seenBehind(other, state(0.5)), 0);
  assert.equal(await seenBehind(other, state(0)), 1);
  assert.equal(await seenBehind(other, state(-0.5)), 2);
});
