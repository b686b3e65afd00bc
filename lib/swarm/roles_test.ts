import assert from "node:assert/strict";
import { leaderOf, trainersOf } from "./roles.ts";

const node = (uid: number, stake: number) => ({ uid, stake, hotkey: `${uid}`, block: 0 });

Deno.test("the leader has the most at stake, and is the earliest among equals", () => {
  assert.equal(leaderOf([node(0, 0), node(1, 5), node(2, 9), node(3, 9)])?.uid, 2);
  assert.equal(leaderOf([node(0, 0)]), undefined);
  assert.equal(leaderOf([]), undefined);
});

Deno.test("those that have nothing at stake train", () => {
  assert.deepEqual(trainersOf([node(0, 0), node(1, 5), node(2, 0)]).map(({ uid }) => uid), [0, 2]);
});
