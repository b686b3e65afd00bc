import assert from "node:assert/strict";
import { SeededRandom } from "../random/seeded_random.ts";
import { NodeGate } from "./node_gate.ts";
import { VirtualClock } from "../clock/virtual_clock.ts";
import { parseScenario, randomScenario } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import { SimulatedBlocks } from "./simulated_blocks.ts";

const SEEDS = 50;
/** All faults at once, and adversaries of three kinds. */
const FAULTY = {
  peers: 8,
  adversaries: ["malformed", "late", "slow-poison"],
  validators: 2,
  windows: 10,
  quietWindows: 5,
  faults: {
    crash: 0.004,
    freeze: 0.004,
    store: 0.1,
    chain: 0.03,
    partition: 0.2,
    missedBlock: 0.1,
    reorganisation: 0.4,
    diskLoss: 0.3,
    lateJoin: 0.3,
  },
};

Deno.test(`${SEEDS} simulated swarms violate no invariant`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { scenario, violations, windows } = await simulate(seed);
    assert.deepEqual(violations, [], `again: deno task simulate --seed ${seed} --trace`);
    assert.equal(windows, scenario.windows + scenario.quietWindows);
  }
});

Deno.test("a simulated swarm with all faults violates no invariant and is deterministic", async () => {
  const scenario = parseScenario(JSON.stringify(FAULTY));
  const counts = new Map<string, number>();
  const trace = (_: number, { event }: { event: string }) =>
    counts.set(event, (counts.get(event) ?? 0) + 1);
  const first = await simulate(3, { scenario, trace });
  assert.deepEqual(first.violations, []);
  for (const event of ["delayed", "idle", "refused", "weights"]) {
    assert.ok(counts.get(event)! > 0, `no "${event}" event with all faults`);
  }
  const { trace: again } = await simulate(3, { scenario });
  assert.equal(again, first.trace);
  assert.notEqual((await simulate(4, { scenario })).trace, first.trace);
});

Deno.test("parseScenario names what is wrong, and reads any random scenario", () => {
  const cases: [change: object, message: RegExp][] = [
    [{ peers: 0 }, /peers is 0, want >=1/],
    [{ adversaries: ["nice"] }, /adversaries\.0 is "nice", want /],
    [{ adversaries: new Array(8).fill("zero") }, /no honest peer/],
    [{ faults: { crash: 2 } }, /faults\./],
    [{ other: 1 }, /other is not a known key/],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => parseScenario(JSON.stringify({ ...FAULTY, ...change })), message);
  }
  assert.throws(() => parseScenario("{"), /Cannot read scenario/);
  for (let seed = 0n; seed < 200n; seed++) {
    const made = randomScenario(new SeededRandom(seed));
    assert.deepEqual(parseScenario(JSON.stringify(made)), made);
  }
});

Deno.test("NodeGate never answers a node that has crashed", async () => {
  const clock = new VirtualClock(0);
  let calls = 0;
  const gate = new NodeGate(clock, () => ++calls === 2 ? { crash: true } : undefined);
  const done: string[] = [];
  const target = gate.wrap({ write: (text: string) => Promise.resolve(done.push(text)) }, [
    "write",
  ]);
  let answered = false;
  target.write("a").then(() => answered = true);
  assert.equal(await gate.died, "crashed");
  for (let i = 0; i < 20; i++) await Promise.resolve();
  assert.deepEqual([done, answered, gate.dead], [["a"], false, true]);
});

Deno.test("SimulatedBlocks misses slots, forecasts without gaps, and can lose the newest blocks", async () => {
  const clock = new VirtualClock(0);
  let slot = 0;
  const blocks = new SimulatedBlocks(clock, 10, 0, () => ++slot === 3);
  assert.equal(blocks.blockTimeMs(5), 50);
  clock.sleepUntil(45);
  await clock.run(() => clock.nowMs() === 45, 100);
  assert.equal(blocks.block(), 3);
  assert.deepEqual([blocks.blockTimeMs(3), blocks.blockTimeMs(5)], [40, 60]);
  assert.equal(blocks.lose(2), 2);
  assert.equal(blocks.block(), 1);
  clock.sleepUntil(66);
  await clock.run(() => clock.nowMs() === 66, 100);
  assert.equal(blocks.block(), 5);
});
