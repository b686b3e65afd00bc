import assert from "node:assert/strict";
import fc from "fast-check";
import { explainScore } from "./explain_score.ts";
import { type GauntletState, NEW_STATE } from "./gauntlet_state.ts";
import type { PeerObservation } from "./observation.ts";
import { POLICIES } from "./policy.ts";
import { scoreWindow } from "./score_window.ts";

const POLICY = POLICIES.templar;
const FLAT = { ...POLICY, penalties: { ...POLICY.penalties, scoreFloor: 0 } };

/** An honest peer, evaluated with a gain and an excess. */
function seen(uid: number, gain: number, rest: Partial<PeerObservation> = {}): PeerObservation {
  return {
    uid,
    hotkey: "ab",
    role: "gather",
    chosen: true,
    accepted: true,
    norm: 1,
    evaluation: {
      ownBefore: 4,
      ownAfter: 4 - 5 * gain,
      randomBefore: 4,
      randomAfter: 4 - 4 * gain,
      excess: 2,
    },
    stepsBehind: 0,
    ...rest,
  };
}

function absent(uid: number, reason = "missing"): PeerObservation {
  const { evaluation: _, norm: __, ...rest } = seen(uid, 0);
  return { ...rest, accepted: false, refused: { reason, detail: "there is nothing" } };
}

/** Scores windows in sequence. */
function play(windows: PeerObservation[][], policy = POLICY, from: GauntletState = NEW_STATE) {
  let state = from;
  let scores: ReturnType<typeof scoreWindow>["scores"] = [];
  for (const peers of windows) {
    ({ scores, state } = scoreWindow(
      state,
      { window: state.window, peers, changes: [0.1] },
      policy,
    ));
  }
  const record = (uid: number) => state.peers.find((peer) => peer.uid === uid)!;
  const score = (uid: number) => scores.find((each) => each.uid === uid)!;
  return { state, scores, record, score };
}

const times = <Value>(count: number, make: (index: number) => Value) =>
  Array.from({ length: count }, (_, i) => make(i));
const honest = (window: number) =>
  times(4, (uid) => seen(uid, 0.01 + 0.001 * ((uid + window) % 4)));

Deno.test("scoreWindow pays helpful peers by rank", () => {
  const { scores } = play(times(20, honest));
  assert.ok(scores.every(({ average }) => average > 0.6));
  assert.ok(Math.abs(scores.reduce((sum, { weight }) => sum + weight, 0) - 0.5) < 1e-12);
});

Deno.test("scoreWindow gives nothing to a peer without evidence, whatever its gain", () => {
  const undecided = (window: number) => [
    ...honest(window).slice(0, 3),
    { ...seen(3, 0.0115), evaluation: { ...seen(3, 0.0115).evaluation!, excess: 0.2 } },
  ];
  const { score } = play(times(20, undecided));
  assert.equal(score(3).indicator, 0);
  assert.deepEqual([score(3).score, score(3).weight], [0, 0]);
  assert.ok([0, 1, 2].some((uid) => score(uid).weight > 0));
});

Deno.test("weakness 18: an outage at the validator penalises no peer", () => {
  const before = play(times(15, honest));
  const after = play(
    [times(4, (uid) => uid < 3 ? absent(uid) : seen(uid, 0.01))],
    POLICY,
    before.state,
  );
  for (const uid of [0, 1, 2]) {
    assert.deepEqual(after.score(uid).penalties, []);
    assert.equal(after.score(uid).score, before.score(uid).score);
    assert.equal(after.record(uid).missStreak, 0);
  }
  // A single missing peer is penalised.
  const alone = play([[absent(0), ...honest(0).slice(1)]], POLICY, before.state);
  assert.deepEqual(alone.score(0).penalties.map(({ rule, score }) => [rule, score]), [[
    "missing",
    0.75,
  ]]);
});

Deno.test("three consecutive misses zero the score, and four of eight cause a time-out", () => {
  let { state } = play(times(15, honest));
  const factors: number[] = [];
  for (let miss = 0; miss < 4; miss++) {
    const next = play([[absent(0), ...honest(miss).slice(1)]], POLICY, state);
    factors.push(
      ...next.score(0).penalties.filter(({ rule }) => rule === "missing").map((p) => p.score),
    );
    state = next.state;
    if (miss === 3) {
      assert.ok(next.score(0).penalties.some(({ rule }) => rule === "often-missing"));
      assert.equal(
        next.record(0).timeoutUntil,
        next.state.window + POLICY.penalties.timeoutWindows,
      );
      assert.equal(next.record(0).rating, undefined);
    }
  }
  assert.deepEqual(factors, [0.75, 0.5, 0, 0]);
});

Deno.test("weakness 20: a penalty of the window survives recomputing the score", () => {
  const before = play(times(15, honest));
  const late = { ...seen(1, 0.011), stepsBehind: 2.5 };
  const peers = [seen(0, 0.01), late, seen(2, 0.012), seen(3, 0.013)];
  const { score } = play([peers], FLAT, before.state);
  const { average, base, computed, ordinal, penalties, score: final, sync } = score(1);
  assert.ok(computed && sync < 1);
  assert.deepEqual(penalties.map(({ rule }) => rule), ["out-of-sync"]);
  assert.equal(base, ordinal * average * sync);
  assert.equal(final, base * 0.75);
});

Deno.test("weakness 21: a peer evaluated alone plays no match, now or later", () => {
  const before = play(times(5, honest));
  const others = [1, 2, 3].map((uid) => {
    const { evaluation: _, ...rest } = seen(uid, 0);
    return { ...rest, chosen: false };
  });
  const alone = play([[seen(0, 0.5), ...others]], POLICY, before.state);
  assert.equal(alone.score(0).place, undefined);
  assert.deepEqual(alone.record(0).rating, before.record(0).rating);
  assert.equal(alone.score(0).computed, false);
  // That gain does not enter the next window's match.
  const [direct, after] = [before.state, alone.state].map((state) =>
    play([honest(0)], POLICY, { ...state, window: 6 }).record(0).rating
  );
  assert.deepEqual(after, direct);
});

Deno.test("weakness 38a: old negative evaluations are not penalised repeatedly", () => {
  const poisoned = (window: number) => [seen(0, -0.01), ...honest(window).slice(1)];
  const { record, score, state } = play(times(5, poisoned));
  assert.deepEqual(score(0).penalties.map(({ rule }) => rule), ["often-negative"]);
  const { evaluation: _, ...unseen } = seen(0, 0);
  const waiting = { ...unseen, chosen: false, role: "none" as const };
  const later = play(times(6, (w) => [waiting, ...honest(w).slice(1)]), POLICY, state);
  assert.deepEqual(later.score(0).penalties, []);
  assert.equal(later.record(0).average, record(0).average);
});

Deno.test("a negligible gain counts as negative", () => {
  const useless = (window: number) => [...honest(window).slice(0, 3), seen(3, 0.0005)];
  const { record } = play(times(3, useless));
  assert.deepEqual([record(3).goodEvaluations, record(3).negativeStreak], [0, 3]);
  assert.deepEqual([record(0).goodEvaluations, record(0).negativeStreak], [3, 0]);
});

Deno.test("two good windows do not make up for a bad one", () => {
  const poisoned = (window: number) => [
    ...honest(window).slice(0, 3),
    seen(3, window % 3 === 2 ? -0.01 : 0.02),
  ];
  const { score } = play(times(18, poisoned));
  assert.ok(score(3).score > 0);
  assert.equal(score(3).weight, 0);
});

Deno.test("negative evaluations form a streak, a good one ends it, a bad window does not count", () => {
  const negative = (window: number) => [seen(0, -0.01), ...honest(window).slice(1)];
  const streak = play(times(3, negative));
  assert.equal(streak.record(0).negativeStreak, 3);
  assert.equal(play([honest(0)], POLICY, streak.state).record(0).negativeStreak, 0);
  const bad = play(times(6, () => times(4, (uid) => seen(uid, -0.01))));
  assert.equal(bad.record(0).negativeStreak, 0);
  assert.deepEqual(bad.score(0).penalties, []);
});

Deno.test("a submission that breaks a rule scores 0 and ranks last", () => {
  const before = play(times(15, honest));
  const { score } = play([[absent(0, "wrong-hash"), ...honest(0).slice(1)]], POLICY, before.state);
  assert.deepEqual(score(0).penalties.map(({ rule, score }) => [rule, score]), [["invalid", 0]]);
  assert.deepEqual([score(0).place, score(0).score], [4, 0]);
});

Deno.test("copies lose half the score, all of it, or all of it with a time-out", () => {
  const before = play(times(25, honest));
  const copying = (overlap: number, proven = false) => {
    const copy = { of: 0, overlap, delayed: false };
    const excess = proven ? 2 : -6;
    const copier = { ...honest(0)[3], evaluation: { ...honest(0)[3].evaluation!, excess }, copy };
    return play([[...honest(0).slice(0, 3), copier]], POLICY, before.state);
  };
  assert.equal(copying(0.45).score(3).penalties[0].score, 0.5);
  assert.ok(copying(0.45).score(3).score > 0);
  assert.equal(copying(0.55).score(3).score, 0);
  assert.equal(copying(0.55).record(3).timeoutUntil, 0);
  assert.ok(copying(0.65).record(3).timeoutUntil > 26);
  // A peer that trains on its own data cannot be framed by one that redoes its work.
  assert.deepEqual(copying(0.99, true).score(3).penalties.map(({ score }) => score), [0.5]);
});

Deno.test("a verdict too late for any peer to show a state penalises none", () => {
  const before = play(times(15, honest));
  const silent = honest(0).map(({ stepsBehind: _, ...rest }) => rest);
  const { score, scores } = play([silent], POLICY, before.state);
  assert.ok(scores.every(({ penalties, sync }) => penalties.length === 0 && sync === 1));
  assert.ok(score(0).score > 0);
  const alone = play([[silent[0], ...honest(0).slice(1)]], POLICY, before.state);
  assert.deepEqual(alone.score(0).penalties.map(({ rule }) => rule), ["out-of-sync"]);
  assert.equal(alone.score(0).sync, 0);
});

Deno.test("a lone attacker in a window is not excused", () => {
  const absentees = (window: number) => [
    seen(0, -0.5),
    ...[1, 2, 3].map((uid) => absent(uid, window % 2 === 0 ? "missing" : "unreadable")),
  ];
  assert.equal(play(times(3, absentees)).record(0).negativeStreak, 3);
});

Deno.test("bad windows cause no penalties in later good ones", () => {
  const bad = () => times(4, (uid) => seen(uid, -0.01));
  const { record, scores } = play([...times(15, honest), ...times(6, bad), honest(0)]);
  assert.ok(scores.every(({ penalties }) => penalties.length === 0));
  assert.deepEqual(record(0).negatives.filter(Boolean), []);
});

Deno.test("a NaN loss is the worst possible, and affects no other peer", () => {
  const broken = { ...seen(3, 0), evaluation: { ...seen(3, 0).evaluation!, randomAfter: NaN } };
  const { record, score, scores } = play([[...honest(0).slice(0, 3), broken], honest(1)]);
  assert.ok(
    scores.every(({ ordinal, score }) => Number.isFinite(ordinal) && Number.isFinite(score)),
  );
  assert.equal(
    score(3).place,
    1 + [0, 1, 2].filter((uid) => score(uid).gain! > score(3).gain!).length,
  );
  assert.ok(record(3).rating!.mu < record(0).rating!.mu);
});

Deno.test("silence costs a quarter per window, and everything after three windows", () => {
  const silent = { ...absent(0), role: "none" as const, chosen: false };
  const { score, state } = play([
    ...times(15, honest),
    ...times(3, (w) => [silent, ...honest(w).slice(1)]),
  ]);
  assert.deepEqual(score(0).penalties.map(({ rule, score }) => [rule, score]), [[
    "inactive",
    0.75,
  ]]);
  const { record } = play([[silent, ...honest(0).slice(1)]], POLICY, state);
  assert.equal(record(0).rating, undefined);
});

Deno.test("a key that takes over a uid starts with a new record", () => {
  const before = play(times(5, honest));
  const { record } = play(
    [[{ ...seen(0, 0.01), hotkey: "cd" }, ...honest(0).slice(1)]],
    POLICY,
    before.state,
  );
  assert.deepEqual([record(0).windows, record(1).windows], [1, 6]);
});

const OBSERVATION = fc.record({
  gain: fc.double({ min: -0.2, max: 0.2, noNaN: true }),
  excess: fc.double({ min: -8, max: 8, noNaN: true }),
  evaluated: fc.boolean(),
  refused: fc.option(fc.constantFrom("missing", "too-late", "wrong-hash", "implausible-norm")),
  role: fc.constantFrom("gather" as const, "reserve" as const, "none" as const),
  steps: fc.option(fc.double({ min: 0, max: 9, noNaN: true })),
  overlap: fc.option(fc.double({ min: 0.4, max: 1, noNaN: true })),
});

for (const policy of Object.values(POLICIES)) {
  Deno.test(`explanations of ${policy.name} multiply to the score, and state survives JSON`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(OBSERVATION, { minLength: 4, maxLength: 4 }), { maxLength: 30 }),
        (windows) => {
          let state = NEW_STATE;
          for (const each of windows) {
            const peers = each.map((made, uid): PeerObservation => {
              const { evaluation, norm: _, stepsBehind: __, ...base } = seen(uid, made.gain);
              return {
                ...base,
                role: made.role,
                ...(made.refused
                  ? { refused: { reason: made.refused, detail: "" }, accepted: false }
                  : made.evaluated
                  ? { norm: 1, evaluation: { ...evaluation!, excess: made.excess } }
                  : {}),
                ...(made.steps === null ? {} : { stepsBehind: made.steps }),
                ...(made.overlap === null || made.refused
                  ? {}
                  : { copy: { of: 0, overlap: made.overlap, delayed: false } }),
              };
            });
            const observation = { window: state.window, peers, changes: [0.1] };
            const next = scoreWindow(state, observation, policy);
            const again = scoreWindow(JSON.parse(JSON.stringify(state)), observation, policy);
            assert.equal(JSON.stringify(again), JSON.stringify(next));
            state = next.state;
            const paid = next.scores.reduce((sum, { weight }) => sum + weight, 0);
            assert.ok(paid === 0 || Math.abs(paid - (1 - policy.weights.burnRate)) < 1e-9);
            for (const score of next.scores) {
              assert.ok(Number.isFinite(score.score) && score.score >= 0);
              const record = state.peers.find(({ uid }) => uid === score.uid)!;
              const { terms, total } = explainScore(score, peers[score.uid], record, policy);
              assert.equal(total, score.score);
              assert.equal(terms.at(-1)!.name, "weight");
            }
          }
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });
}

Deno.test("the typical step size follows new steps slowly", () => {
  const state: GauntletState = { ...NEW_STATE, stepSizes: [1, 10] };
  const window = { window: state.window, peers: honest(0), changes: [2, 0] };
  const { state: { stepSizes } } = scoreWindow(state, window, POLICY);
  assert.ok(Math.abs(stepSizes[0] - 1.2) < 1e-12 && Math.abs(stepSizes[1] - 8) < 1e-12);
});

Deno.test("own data is proven from the policy's threshold, and disproved below 0", () => {
  const { proven } = POLICY.evidence;
  const indicator = (excess: number) => {
    const { evaluation, ...rest } = seen(0, 0.01);
    const peers = [{ ...rest, evaluation: { ...evaluation!, excess } }, ...honest(0).slice(1)];
    return play([peers]).score(0).indicator;
  };
  assert.deepEqual([proven, proven - 1e-6, 0, -1e-6].map(indicator), [1, 0, 0, -1]);
});
