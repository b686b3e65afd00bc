import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type CompressedTensor, emptyCompressed } from "../sparseloco/compressed_tensor.ts";
import { simulate } from "../simulation/simulate.ts";
import { simulatedDefinition } from "../simulation/simulated_definition.ts";
import { runTestSwarm, testCorpus } from "../../testing/swarm_run.ts";
import { withDirectory } from "../../testing/with_directory.ts";
import { Corpus } from "../corpus/corpus.ts";
import { evaluateSubmissions } from "./examination/evaluate_submissions.ts";
import type { Moment } from "./behaviour.ts";
import { objectKeys } from "./statement/object_keys.ts";
import type { Submission } from "./examination/examine_submission.ts";
import { QuadraticLearner } from "../simulation/quadratic_learner.ts";
import type { EventOf, SwarmEvent } from "./swarm_event.ts";
import type { OptimizerState } from "../tensor/optimizer_state.ts";

function of<Name extends SwarmEvent["event"]>(events: SwarmEvent[], name: Name) {
  return events.filter((event): event is EventOf<Name> => event.event === name);
}

/** Returns the samples that an evaluation of peers 3 and 5 in window 2 reads. */
async function samplesLookedAt(nonce: string): Promise<{ corpus: Corpus; looked: number[] }> {
  const corpus = new Corpus(Uint32Array.from({ length: 4000 }, (_, i) => (i * i * 31) % 251), 8);
  const learner = new QuadraticLearner(corpus);
  const definition = simulatedDefinition();
  const looked = new Set<number>();
  const submission = (uid: number) => ({
    uid,
    tensors: learner.shapes.map(({ dims }) => emptyCompressed(dims, 64)),
  } as unknown as Submission);
  await evaluateSubmissions([3, 5].map(submission), [], {
    definition,
    shapes: learner.shapes,
    before: learner.initial(),
    corpus,
    window: 2,
    nonce,
    evaluator: {
      losses: (parameters, samples) => {
        for (let i = 0; i < samples.length; i++) looked.add(samples[i]);
        return learner.losses(parameters, samples);
      },
    },
  });
  return { corpus, looked: [...looked].sort((a, b) => a - b) };
}

const scaledBy = (factor: number) => ({
  tensors: (honest: CompressedTensor[]) =>
    Promise.resolve(
      honest.map((tensor) => ({ ...tensor, levels: tensor.levels.map((level) => level * factor) })),
    ),
});

for (const factor of [1e-3, 1e3]) {
  Deno.test(`weakness 6: one of two peers cannot set the scale by a factor of ${factor}`, async () => {
    await withDirectory(async (directory) => {
      const adversaries = [scaledBy(factor)];
      const { events } = await runTestSwarm(directory, 5, { peers: 2, adversaries });
      const accepted = of(events, "verdict").map(({ accepted }) => accepted);
      // The first window has no reference; from then on the norm of helpful submissions is the
      // usual one.
      assert.deepEqual(accepted.slice(1), [[0], [0], [0], [0]]);
      for (const { peer, reason } of of(events, "refused")) {
        assert.deepEqual([peer, reason], [1, "implausible-norm"]);
      }
    });
  });
}

Deno.test("a submission scaled by five gains nothing", async () => {
  await withDirectory(async (directory) => {
    const { events } = await runTestSwarm(directory, 4, { peers: 4, adversaries: [scaledBy(5)] });
    for (const { scores } of of(events, "scored")) {
      const gains = scores.map(({ gain }) => gain ?? 0);
      assert.ok(gains[3] < 1.2 * Math.max(...gains.slice(0, 3)), `${gains}`);
    }
  });
});

Deno.test("weakness 7: a reserve peer's submission passes the same checks before it stands in", async () => {
  await withDirectory(async (directory) => {
    const definition = simulatedDefinition();
    const { selection } = definition.gauntlet;
    const gauntlet = {
      ...definition.gauntlet,
      selection: { ...selection, gatherCount: 2, reserveCount: 2, probation: false },
    };
    // Peers 0 and 1 are to be gathered, 2 and 3 are the reserve: 1 is missing, 2 sends damaged
    // bytes.
    const damaged = { encode: (bytes: Uint8Array<ArrayBuffer>) => bytes.fill(7, 90) };
    const missing = { deliver: () => Promise.resolve() };
    const { events } = await runTestSwarm(directory, 1, {
      definition: { ...definition, gauntlet },
      peers: 4,
      adversaries: [missing, damaged, {}],
    });
    assert.deepEqual(of(events, "verdict").map(({ accepted }) => accepted), [[0, 3]]);
    assert.deepEqual(of(events, "refused").map(({ peer }) => peer), [1, 2]);
  });
});

Deno.test("weakness 9: a submission without the peer's signature does not count", async () => {
  await withDirectory(async (directory) => {
    // Peer 2 commits with the manifest that peer 0 signed.
    const stolen = {
      deliver: async (_: Uint8Array, __: unknown, { bucketOf, context, times, clock }: Moment) => {
        await clock.sleepUntil(times.commitMs + 1);
        const [from, to] = [await bucketOf(0), await bucketOf(2)];
        const { bytes } = await from!.get(objectKeys.manifest(context.window, 0));
        await to!.put(objectKeys.manifest(context.window, 2), bytes);
      },
    };
    const { events } = await runTestSwarm(directory, 2, { peers: 3, adversaries: [stolen] });
    const refused = of(events, "refused");
    assert.equal(refused.length, 2);
    for (const { peer, reason } of refused) {
      assert.deepEqual([peer, reason], [2, "wrong-signature"]);
    }
  });
});

Deno.test("weakness 13: evaluated samples follow from a nonce of the window, not from a fixed seed", async () => {
  const [first, again, other] = await Promise.all(
    ["aa", "aa", "bb"].map(async (byte) => (await samplesLookedAt(byte.repeat(32))).looked),
  );
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
});

Deno.test("weakness 29: own samples were assigned to the peer", async () => {
  const { corpus, looked } = await samplesLookedAt("cc".repeat(32));
  const { batch, innerSteps } = simulatedDefinition().training;
  for (const uid of [3, 5]) {
    const assigned = new Set(corpus.assigned(uid, 2, innerSteps * batch));
    const own = looked.filter((sample) => assigned.has(sample));
    assert.ok(own.length >= Math.min(assigned.size, 8), `${own.length} of ${assigned.size}`);
  }
});

Deno.test("weakness 37: a failing store stops no node", async () => {
  const events: SwarmEvent[] = [];
  const faults = {
    crash: 0,
    freeze: 0,
    store: 0.3,
    chain: 0.2,
    partition: 0.3,
    missedBlock: 0,
    reorganisation: 0,
    diskLoss: 0,
    lateJoin: 0,
  };
  const scenario = {
    peers: 3,
    adversaries: [],
    validators: 1,
    windows: 5,
    quietWindows: 4,
    faults,
  };
  const { violations, windows } = await simulate(1, {
    scenario,
    trace: (_, event) => events.push(event),
  });
  assert.deepEqual(violations, []);
  assert.equal(windows, 9);
  assert.ok(of(events, "delayed").length > 10);
});

Deno.test("a peer that withdraws its bucket after committing counts as missing and harms no other peer", async () => {
  await withDirectory(async (directory) => {
    const ledger = join(directory, "ledger.sqlite");
    const emit = (event: SwarmEvent) => {
      if (event.event !== "phase-ended" || event.phase !== "upload" || event.uid !== 2) return;
      const database = new DatabaseSync(ledger);
      database.exec("UPDATE commitment SET text = 'nowhere' WHERE uid = 2");
      database.close();
    };
    const { events } = await runTestSwarm(directory, 2, { peers: 3, emit });
    const refused = of(events, "refused").map(({ peer, reason }) => `${peer} ${reason}`);
    assert.deepEqual([...new Set(refused)], ["2 missing"]);
    assert.deepEqual(of(events, "verdict").map(({ accepted }) => accepted), [[0, 1], [0, 1]]);
  });
});

Deno.test("a run stopped after its verdict continues, even if peers now compute other bits", async () => {
  await withDirectory(async (directory) => {
    const emit = (event: SwarmEvent) => {
      if (event.event === "verdict" && event.window === 1) throw new Error("killed");
    };
    await assert.rejects(() => runTestSwarm(directory, 3, { emit }), /killed/);
    const corpus = testCorpus();
    const learner = new QuadraticLearner(corpus);
    const other = {
      shapes: learner.shapes,
      optimizer: (state: OptimizerState) => learner.optimizer(state),
      train: async (...args: Parameters<QuadraticLearner["train"]>) => {
        const result = await learner.train(...args);
        for (const values of result.parameters.values()) values[0] += 1e-3;
        return result;
      },
    };
    const { events } = await runTestSwarm(directory, 3, { learner: other });
    for (const { agree, disagree } of of(events, "agreement")) {
      assert.deepEqual([agree, disagree], [[0, 1, 2, 3], []]);
    }
    assert.deepEqual(of(events, "refused"), []);
  });
});

Deno.test("random samples are samples that no evaluated peer was assigned", async () => {
  const { gauntlet, training: { batch, innerSteps } } = simulatedDefinition();
  for (let nonce = 0; nonce < 12; nonce++) {
    const { corpus, looked } = await samplesLookedAt(String(nonce).padStart(64, "0"));
    const assigned = new Set(
      [3, 5].flatMap((uid) => [...corpus.assigned(uid, 2, innerSteps * batch)]),
    );
    const random = looked.filter((sample) => !assigned.has(sample));
    assert.equal(random.length, gauntlet.evaluation.randomSamples);
  }
});

Deno.test("a node stopped after setting weights does not set them again", async () => {
  await withDirectory(async (directory) => {
    const { windowsPerWeights } = simulatedDefinition().gauntlet.weights;
    const emit = (event: SwarmEvent) => {
      if (event.event === "weights") throw new Error("killed");
    };
    await assert.rejects(() => runTestSwarm(directory, windowsPerWeights, { emit }), /killed/);
    const { events } = await runTestSwarm(directory, windowsPerWeights);
    assert.equal(of(events, "scored").at(-1)!.window, windowsPerWeights - 1);
    assert.deepEqual(of(events, "weights"), []);
  });
});
