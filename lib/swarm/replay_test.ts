import assert from "node:assert/strict";
import { join } from "node:path";
import { ADVERSARIES } from "../adversary/adversaries.ts";
import { explainScore } from "../gauntlet/explain_score.ts";
import { openTestRun } from "../../testing/open_test_run.ts";
import { runTestSwarm } from "../../testing/swarm_run.ts";
import { withDirectory } from "../../testing/with_directory.ts";
import { DamagedRunError, replay, type ReplayedWindow, type ReplayOptions } from "./replay.ts";
import type { SwarmEvent } from "./swarm_event.ts";

const WINDOWS = 9;
const KINDS = ["sign-flip", "copy-permuted", "late"];
const adversaries = () => KINDS.map((kind) => ADVERSARIES[kind].create());

async function collect(options: ReplayOptions): Promise<ReplayedWindow[]> {
  const windows: ReplayedWindow[] = [];
  for await (const window of replay(options)) windows.push(window);
  return windows;
}

Deno.test("a replay reproduces what the live validator published, and explanations add up to it", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, WINDOWS, { peers: 7, adversaries: adversaries() });
    using options = openTestRun(directory);
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

Deno.test("a validator stopped at any point publishes the same scores in the end", async () => {
  const records = async (directory: string) => {
    using options = openTestRun(directory);
    return (await collect(options)).map(({ differences, published }) => {
      assert.deepEqual(differences, []);
      return published.scores.map(({ score, uid, weight }) => ({ score, uid, weight }));
    });
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
      // Each attempt stops at the first such event; window by window, the run still completes.
      await assert.rejects(
        () => runTestSwarm(directory, WINDOWS, { peers: 7, adversaries: adversaries(), emit }),
        /killed/,
      );
    }
    await runTestSwarm(directory, WINDOWS, { peers: 7, adversaries: adversaries() });
    assert.deepEqual(await records(directory), wanted);
  });
});

Deno.test("a replay reports differences from what was published", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 4);
    using options = openTestRun(directory);
    const evaluator = {
      losses: async (...args: Parameters<NonNullable<ReplayOptions["evaluator"]>["losses"]>) =>
        (await options.evaluator.losses(...args)).map((loss) => loss * (1 + 1e-12)),
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

Deno.test("a replay needs nothing that peers could remove or change", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 4);
    for (const uid of [0, 1, 2]) {
      await Deno.remove(join(directory, `buckets/${uid}`), { recursive: true });
    }
    using options = openTestRun(directory);
    const replayed = await collect(options);
    assert.equal(replayed.length, 4);
    for (const { differences } of replayed) assert.deepEqual(differences, []);
  });
});

Deno.test("a replay refuses a record that is missing or has an invalid signature", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 4);
    const path = join(directory, "buckets/3/record/00000002/3.json");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace(/"weight":0\.\d+/, '"weight":0.9'));
    using options = openTestRun(directory);
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
