import assert from "node:assert/strict";
import { leaderOf, trainersOf } from "./roles.ts";

const node = (uid: number, stake: number) => ({ uid, stake, hotkey: `${uid}`, block: 0 });

Deno.test("leaderOf returns the node with the largest stake, the earliest among equals", () => {
  assert.equal(leaderOf([node(0, 0), node(1, 5), node(2, 9), node(3, 9)])?.uid, 2);
  assert.equal(leaderOf([node(0, 0)]), undefined);
  assert.equal(leaderOf([]), undefined);
});

Deno.test("trainersOf returns the nodes without stake", () => {
  assert.deepEqual(trainersOf([node(0, 0), node(1, 5), node(2, 0)]).map(({ uid }) => uid), [0, 2]);
});
