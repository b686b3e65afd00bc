import assert from "node:assert/strict";
import { challengedElements, challengeSlices } from "../../gauntlet/challenge.ts";
import { encodeElements } from "../statement/state_statement.ts";
import {
  TEST_CHALLENGE,
  TEST_DIGEST,
  testState,
  windowInputs,
} from "../../../testing/window_inputs.ts";
import { observeWindow } from "./observe_window.ts";

/** Returns how many steps a peer is observed to be behind, given its claimed digest and shown elements. */
async function seenBehind(digest: string, shift: number, part = 1) {
  const values = [testState(shift).get("w")!];
  const elements = challengedElements(values, challengeSlices([256], TEST_CHALLENGE, 7));
  const text = encodeElements(elements.slice(0, elements.length * part));
  const states = new Map([[7, { content: { digest, elements: text }, text: "" }]]);
  const { observation } = await observeWindow({ ...windowInputs(), states });
  return observation.peers[0].stepsBehind;
}

Deno.test("a peer with the common digest must publish the common elements", async () => {
  assert.equal(await seenBehind(TEST_DIGEST, 0.5), 0);
  assert.equal(await seenBehind(TEST_DIGEST, 0), undefined, "the digest is copied");
  assert.equal(await seenBehind(TEST_DIGEST, 0.5, 0.5), undefined, "some elements are missing");
});

Deno.test("a peer with another digest is behind by the number of typical steps its elements differ", async () => {
  const other = "bb".repeat(32);
  assert.equal(await seenBehind(other, 0.5), 0);
  assert.equal(await seenBehind(other, 0), 1);
  assert.equal(await seenBehind(other, -0.5), 2);
});
