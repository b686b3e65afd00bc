import assert from "node:assert/strict";
import { join } from "node:path";
import { LockstepClock } from "../clock/lockstep_clock.ts";
import type { Chain } from "./chain.ts";
import { LocalChain, UnusableLedgerError } from "./local_chain.ts";
import { MemoryChain } from "./memory_chain.ts";

const GENESIS_MS = Date.UTC(2026, 0, 1);
const OPTIONS = { blockMs: 12_000, genesisMs: GENESIS_MS };
const [ALICE, BOB, CAROL] = ["a", "b", "c"].map((digit) => digit.repeat(64));

type Body = (chain: Chain, clock: LockstepClock) => Promise<void>;

/** All implementations, with a fresh ledger per test. */
const KINDS: Record<string, (body: Body) => Promise<void>> = {
  async "LocalChain in memory"(body) {
    const clock = new LockstepClock(GENESIS_MS, 1);
    using chain = new LocalChain(":memory:", clock, OPTIONS);
    await body(chain, clock);
  },
  async MemoryChain(body) {
    const clock = new LockstepClock(GENESIS_MS, 1);
    const chain = new MemoryChain({
      block: () => Math.floor((clock.nowMs() - GENESIS_MS) / OPTIONS.blockMs),
      blockTimeMs: (block) => GENESIS_MS + block * OPTIONS.blockMs,
    });
    await body(chain, clock);
  },
  async "LocalChain in a file"(body) {
    const folder = await Deno.makeTempDir();
    const clock = new LockstepClock(GENESIS_MS, 1);
    try {
      using chain = new LocalChain(join(folder, "ledger.sqlite"), clock, OPTIONS);
      await body(chain, clock);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

for (const [kind, withChain] of Object.entries(KINDS)) {
  const test = (name: string, body: Body) => Deno.test(`${kind} ${name}`, () => withChain(body));

  test("derives blocks from its clock", async (chain, clock) => {
    assert.equal(await chain.block(), 0);
    await clock.sleepUntil(GENESIS_MS + 24_000);
    assert.equal(await chain.block(), 2);
    assert.equal(await chain.blockTimeMs(5), GENESIS_MS + 60_000);
  });

  test("assigns uids in order and keeps them", async (chain, clock) => {
    assert.equal(await chain.register(ALICE), 0);
    await clock.sleepUntil(GENESIS_MS + 12_000);
    assert.equal(await chain.register(BOB, 2.5), 1);
    assert.equal(await chain.register(ALICE, 9), 0);
    assert.deepEqual(await chain.registrations(), [
      { uid: 0, hotkey: ALICE, block: 0, stake: 0 },
      { uid: 1, hotkey: BOB, block: 1, stake: 2.5 },
    ]);
    await assert.rejects(() => chain.register("abc"), /want 64 hexadecimal digits/);
  });

  test("keeps a key's last commitment", async (chain) => {
    const uid = await chain.register(ALICE);
    assert.equal(await chain.commitment(uid), undefined);
    await chain.commit(ALICE, "first");
    await chain.commit(ALICE, "second");
    assert.equal(await chain.commitment(uid), "second");
    await assert.rejects(() => chain.commit(BOB, "x"), /it is not registered/);
    await assert.rejects(
      () => chain.commit(ALICE, "ä".repeat(600)),
      /1200 bytes, want at most 1024/,
    );
    assert.equal(await chain.commitment(uid), "second");
  });

  test("keeps a validator's last weights, atomically, and their block", async (chain, clock) => {
    for (const key of [ALICE, BOB, CAROL]) await chain.register(key);
    assert.equal(await chain.weightsBlock(0), undefined);
    await clock.sleepUntil(GENESIS_MS + 36_000);
    await chain.setWeights(ALICE, [{ uid: 2, weight: 0.25 }, { uid: 1, weight: 0.75 }]);
    assert.deepEqual(await chain.weights(0), [{ uid: 1, weight: 0.75 }, { uid: 2, weight: 0.25 }]);
    for (
      const wrong of [{ uid: 9, weight: 0.5 }, { uid: 1, weight: 1.5 }, { uid: 1, weight: NaN }]
    ) {
      await assert.rejects(
        () => chain.setWeights(ALICE, [{ uid: 2, weight: 1 }, wrong]),
        RangeError,
      );
    }
    assert.equal((await chain.weights(0)).length, 2);
    assert.equal(await chain.weightsBlock(0), 3);
    await chain.setWeights(ALICE, [{ uid: 0, weight: 1 }]);
    assert.deepEqual(await chain.weights(0), [{ uid: 0, weight: 1 }]);
    assert.deepEqual(await chain.weights(1), []);
  });
}

Deno.test("LocalChain restores everything when its file is reopened", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "ledger.sqlite");
  const clock = new LockstepClock(GENESIS_MS, 1);
  {
    using chain = new LocalChain(path, clock, OPTIONS);
    await chain.register(ALICE);
    await chain.commit(ALICE, "here");
  }
  using chain = new LocalChain(path, clock, { blockMs: 1, genesisMs: 0 });
  assert.equal(await chain.commitment(0), "here");
  assert.equal(await chain.blockTimeMs(1), GENESIS_MS + 12_000);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("LocalChain distinguishes a damaged file from a missing folder", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "this is no ledger".repeat(500));
  const clock = new LockstepClock(GENESIS_MS, 1);
  assert.throws(() => new LocalChain(path, clock, OPTIONS), UnusableLedgerError);
  await Deno.remove(path);
  assert.throws(() => new LocalChain("/no/such/folder/x", clock, OPTIONS), { code: "EACCES" });
});
