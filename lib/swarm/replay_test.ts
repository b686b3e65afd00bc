import assert from "node:assert/strict";
import { join } from "node:path";
import { ADVERSARIES } from "../adversary/adversaries.ts";
import { verifySignature } from "../chain/keypair.ts";
import { LocalChain } from "../chain/local_chain.ts";
import { PastClock } from "../clock/past_clock.ts";
import { explainScore } from "../gauntlet/explain_score.ts";
import { QuadraticLearner } from "../simulation/quadratic_learner.ts";
import { simulatedDefinition } from "../simulation/simulated_definition.ts";
import { runTestSwarm, testCorpus } from "../../testing/swarm_run.ts";
import { withDirectory } from "../../testing/with_directory.ts";
import { LOCAL_GENESIS_MS, localBuckets } from "../node/local/local_nodes.ts";
import { DamagedRunError, replay, type ReplayedWindow, type ReplayOptions } from "./replay.ts";
import { runId } from "./run_definition.ts";
import type { SwarmEvent } from "./swarm_event.ts";
import { WindowClock } from "./window_clock.ts";

const WINDOWS = 9;
const KINDS = ["sign-flip", "copy-permuted", "late"];
const adversaries = () => KINDS.map((kind) => ADVERSARIES[kind].create());

async function withReplay(
  directory: string,
  body: (options: ReplayOptions & { past: PastClock; windows: WindowClock }) => Promise<void>,
): Promise<void> {
  const definition = simulatedDefinition();
  const past = new PastClock();
  using chain = new LocalChain(join(directory, "ledger.sqlite"), past, {
    blockMs: definition.window.blockSeconds * 1000,
    genesisMs: LOCAL_GENESIS_MS,
  });
  const corpus = testCorpus();
  const learner = new QuadraticLearner(corpus);
  await body({
    run: runId(definition),
    definition,
    chain,
    past,
    windows: new WindowClock(chain, past, definition.window),
    bucketOf: localBuckets(directory, chain, past),
    verify: verifySignature,
    shapes: learner.shapes,
    corpus,
    evaluator: learner,
    initialParameters: learner.initial(),
  });
}

async function collect(options: ReplayOptions): Promise<ReplayedWindow[]> {
  const windows: ReplayedWindow[] = [];
  for await (const window of replay(options)) windows.push(window);
  return windows;
}

Deno.test("a replay comes to what the live validator published, and explanations total it", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, WINDOWS, { peers: 7, adversaries: adversaries() });
    await withReplay(directory, async (options) => {
      for (const evaluator of [options.evaluator, undefined]) {
        const replayed = await collect({ ...options, evaluator });
        assert.equal(replayed.length, WINDOWS);
        for (const { differences, gauntlet, published } of replayed) {
          assert.deepEqual(differences, []);
          for (const score of published.scores) {
            const seen = published.observation.peers.find(({ uid }) => uid === score.uid)!;
            const record = gauntlet.peers.find(({ uid }) => uid === score.uid)!;
            const { total } = explainScore(score, seen, record, options.definition.gauntlet);
            assert.equal(total, score.score);
          }
        }
      }
    });
  });
});

Deno.test("a validator that is stopped anywhere publishes the same scores in the end", async () => {
  const records = async (directory: string) => {
    let found: unknown[] = [];
    await withReplay(directory, async (options) => {
      found = (await collect(options)).map(({ differences, published }) => {
        assert.deepEqual(differences, []);
        return published.scores.map(({ score, uid, weight }) => ({ score, uid, weight }));
      });
    });
    return found;
  };
  let wanted: unknown[] = [];
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, WINDOWS, { peers: 7, adversaries: adversaries() });
    wanted = await records(directory);
  });
  await withDirectory(async (directory) => {
    for (const kill of ["verdict", "digest", "scored", "weights"]) {
      const emit = (event: SwarmEvent) => {
        if (event.event === kill && "uid" in event && event.uid === 7) throw new Error("killed");
      };
      // Each time at the first such event: window by window, the run still comes to its end.
      await assert.rejects(
        () => runTestSwarm(directory, WINDOWS, { peers: 7, adversaries: adversaries(), emit }),
        /killed/,
      );
    }
    await runTestSwarm(directory, WINDOWS, { peers: 7, adversaries: adversaries() });
    assert.deepEqual(await records(directory), wanted);
  });
});

Deno.test("a replay says what is not as it was published", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 4);
    await withReplay(directory, async (options) => {
      const evaluator = {
        losses: async (...args: Parameters<NonNullable<ReplayOptions["evaluator"]>["losses"]>) =>
          (await options.evaluator!.losses(...args)).map((loss) => loss * (1 + 1e-12)),
      };
      const [first] = await collect({ ...options, evaluator });
      assert.ok(first.differences.some((line) => /randomBefore: [\d.]+, not [\d.]+/.test(line)));
      // What the validator keeps of a submission was changed since.
      const path = join(directory, "buckets/3/relay/00000001/0.covey");
      const bytes = await Deno.readFile(path);
      bytes[200] ^= 1;
      await Deno.writeFile(path, bytes);
      const [, second] = await collect(options);
      assert.ok(second.differences.some((line) => /refused/.test(line)));
    });
  });
});

Deno.test("a replay needs nothing that peers could take away or change", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 4);
    for (const uid of [0, 1, 2]) {
      await Deno.remove(join(directory, `buckets/${uid}`), { recursive: true });
    }
    await withReplay(directory, async (options) => {
      const replayed = await collect(options);
      assert.equal(replayed.length, 4);
      for (const { differences } of replayed) assert.deepEqual(differences, []);
    });
  });
});

Deno.test("a replay refuses a record that is gone or not as the validator signed it", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 4);
    const path = join(directory, "buckets/3/record/00000002/3.json");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace(/"weight":0\.\d+/, '"weight":0.9'));
    await withReplay(directory, async (options) => {
      await assert.rejects(() => collect(options), /Cannot replay window 3: its record is missing/);
      await Deno.remove(path);
      await assert.rejects(() => collect(options), DamagedRunError);
      await Deno.remove(join(directory, "buckets/3/verdict/00000001/3.json"));
      await assert.rejects(
        () => collect(options),
        /Cannot replay window 2: its verdict is missing/,
      );
    });
  });
});
