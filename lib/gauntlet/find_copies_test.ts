import assert from "node:assert/strict";
import { findCopies, type MaskedSubmission } from "./find_copies.ts";

const ALL = 0xffffffff;
const submission = (uid: number, committedMs: number, ...mask: number[]): MaskedSubmission => ({
  uid,
  committedMs,
  mask: Uint32Array.from(mask),
});

Deno.test("findCopies finds nothing in fewer than two submissions or below the threshold", () => {
  assert.deepEqual(findCopies([], [], 0.4), []);
  assert.deepEqual(findCopies([submission(1, 0, ALL)], [], 0.4), []);
  const half = [submission(1, 0, ALL, 0), submission(2, 1, 0xffff, ALL - 0xffff)];
  assert.deepEqual(findCopies(half, [], 0.51), []);
});

Deno.test("weakness 19: the copy is the later commitment of a window, or the larger uid on a tie", () => {
  const cases: [a: number, b: number, offender: number][] = [[10, 20, 2], [20, 10, 1], [5, 5, 2]];
  for (const [a, b, offender] of cases) {
    const [found] = findCopies([submission(1, a, ALL), submission(2, b, ALL)], [], 0.4);
    assert.deepEqual(found, { uid: offender, of: 3 - offender, overlap: 1, delayed: false });
  }
});

Deno.test("findCopies takes less own-data evidence for the copy, whatever the commit order", () => {
  const shadow = { ...submission(1, 5, ALL), evidence: 0.2 };
  const victim = { ...submission(2, 9, ALL), evidence: 3.1 };
  assert.deepEqual(findCopies([shadow, victim], [], 0.4).map(({ of, uid }) => [uid, of]), [[1, 2]]);
  const unknown = submission(2, 9, ALL);
  assert.deepEqual(findCopies([shadow, unknown], [], 0.4).map(({ uid }) => uid), [2]);
});

Deno.test("findCopies finds copies of the previous window, but ignores a peer's own entries", () => {
  const before = [submission(1, 0, ALL, 0), submission(2, 0, 0, ALL)];
  const now = [submission(1, 10, ALL, 0), submission(3, 10, 0, ALL)];
  assert.deepEqual(findCopies(now, before, 0.4), [
    { uid: 3, of: 2, overlap: 1, delayed: true },
  ]);
});

Deno.test("findCopies reports the worst overlap of each offender", () => {
  const now = [
    submission(1, 0, 0xff),
    submission(2, 1, 0x0f | 0xf00),
    submission(3, 2, 0x7f | 0x800),
  ];
  assert.deepEqual(findCopies(now, [], 0.4).map(({ of, overlap, uid }) => [uid, of, overlap]), [
    [2, 1, 0.5],
    [3, 1, 0.875],
  ]);
});
