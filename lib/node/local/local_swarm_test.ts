import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SeededRandom } from "../../random/seeded_random.ts";
import { simulatedDefinition } from "../../simulation/simulated_definition.ts";
import { runTestSwarm } from "../../../testing/swarm_run.ts";
import { withDirectory } from "../../../testing/with_directory.ts";
import type { SwarmEvent } from "../../swarm/swarm_event.ts";

const WINDOWS = 6;

function of<Name extends SwarmEvent["event"]>(events: SwarmEvent[], name: Name) {
  return events.filter((event): event is Extract<SwarmEvent, { event: Name }> =>
    event.event === name
  );
}

Deno.test("a local swarm has one digest per window and learns", async () => {
  await withDirectory(async (directory) => {
    const { events } = await runTestSwarm(directory, WINDOWS);
    for (let window = 0; window < WINDOWS; window++) {
      const digests = of(events, "digest").filter((event) => event.window === window);
      assert.equal(digests.length, 4);
      assert.equal(new Set(digests.map(({ digest }) => digest)).size, 1);
    }
    for (const { agree, disagree, silent } of of(events, "agreement")) {
      assert.deepEqual([agree, disagree, silent], [[0, 1, 2, 3], [], []]);
    }
    for (const { peers } of of(events, "applied")) assert.deepEqual(peers, [0, 1, 2]);
    const losses = of(events, "step").filter(({ step }) => step === 0).map(({ loss }) => loss);
    assert.ok(losses.at(-1)! < losses[0] * 0.7, `${losses}`);
  });
});

Deno.test("a local swarm stopped at any point and resumed ends with the same digest", async () => {
  let wanted = "";
  let eventCount = 0;
  await withDirectory(async (directory) => {
    const { digest, events } = await runTestSwarm(directory, WINDOWS);
    wanted = digest;
    eventCount = events.length;
  });
  const random = new SeededRandom(11n);
  for (let trial = 0; trial < 12; trial++) {
    await withDirectory(async (directory) => {
      for (let attempt = 0;; attempt++) {
        assert.ok(attempt < 100, "the swarm makes no progress");
        let left = Math.floor(random.uniform() * eventCount / 2);
        // Thrown from where the event is emitted, to stop as abruptly as code can.
        const emit = () => {
          if (left-- === 0) throw new Error("killed");
        };
        try {
          assert.equal((await runTestSwarm(directory, WINDOWS, { emit })).digest, wanted);
          break;
        } catch (error) {
          assert.equal((error as Error).message, "killed");
        }
      }
    });
  }
});

Deno.test("an aborted local swarm throws the reason and can be resumed", async () => {
  await withDirectory(async (directory) => {
    const stop = new AbortController();
    const emit = (event: SwarmEvent) => {
      if (event.event === "step" && event.window === 2) stop.abort(new Error("enough"));
    };
    await assert.rejects(
      () => runTestSwarm(directory, WINDOWS, { emit, signal: stop.signal }),
      /enough/,
    );
    const { events } = await runTestSwarm(directory, WINDOWS);
    assert.deepEqual(of(events, "resumed"), [{ event: "resumed", window: 2 }]);
  });
});

Deno.test("a finished local swarm does nothing more and can be extended", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 2);
    const { events } = await runTestSwarm(directory, 2);
    assert.deepEqual(events, [{ event: "resumed", window: 2 }]);
    assert.equal(of((await runTestSwarm(directory, 3)).events, "digest").length, 4);
  });
});

Deno.test("a local swarm reports a window's end again if it was stopped before the report", async () => {
  await withDirectory(async (directory) => {
    const told: number[] = [];
    const failing = () => Promise.reject(new Error("killed"));
    await assert.rejects(() => runTestSwarm(directory, 2, { onWindow: failing }), /killed/);
    const onWindow = ({ window }: { window: number }) => {
      told.push(window);
      return Promise.resolve();
    };
    await runTestSwarm(directory, 2, { onWindow });
    assert.equal(told.at(-1), 2);
    assert.ok(told.length >= 2);
  });
});

Deno.test("a local swarm does not start over when a peer's states are lost", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 4);
    await Deno.remove(join(directory, "peers/1"), { recursive: true });
    await assert.rejects(
      () => runTestSwarm(directory, 5),
      /no window in common: .*peers.0 has 3, 4; .*peers.1 has none/,
    );
  });
});

Deno.test("a local swarm stopped during registration resumes", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 0);
    const ledger = new DatabaseSync(join(directory, "ledger.sqlite"));
    ledger.exec("DELETE FROM commitment WHERE uid > 0; DELETE FROM registration WHERE uid > 0");
    ledger.close();
    assert.equal(of((await runTestSwarm(directory, 1)).events, "digest").length, 4);
  });
});

Deno.test("a local swarm refuses to resume with another number of peers", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 2);
    await assert.rejects(
      () => runTestSwarm(directory, 2, { peers: 4 }),
      /no window in common|other peers than the 4/,
    );
  });
});

/**
 * Ways a hostile store may tamper with peer 2's objects of window 1, by the validator's refusal
 * reason.
 */
const TAMPERINGS: [reason: string, change: (bytes: Uint8Array) => Uint8Array][] = [
  ["wrong-length", (bytes) => bytes.slice(0, -5)],
  ["oversized", (bytes) => Uint8Array.of(...bytes, 1)],
  ["wrong-hash", (bytes) => bytes.map((byte, i) => i === 200 ? byte ^ 1 : byte)],
];

for (const [reason, change] of TAMPERINGS) {
  Deno.test(`a local swarm refuses a submission for ${reason} and continues without it`, async () => {
    await withDirectory(async (directory) => {
      const emit = (event: SwarmEvent) => {
        if (event.event !== "phase-ended" || event.phase !== "upload") return;
        if (event.uid === 2 && event.window === 1) {
          tamper(join(directory, "buckets/2/submission/00000001/2.covey"), change);
        }
      };
      const { events } = await runTestSwarm(directory, 3, { emit });
      const told = of(events, "refused").map(({ peer, reason, uid, window }) =>
        `window ${window}: ${uid} refuses ${peer}, ${reason}`
      );
      assert.deepEqual(told, [`window 1: 3 refuses 2, ${reason}`]);
      for (const { peers, window } of of(events, "applied")) {
        assert.deepEqual(peers, window === 1 ? [0, 1] : [0, 1, 2]);
      }
      for (const { disagree } of of(events, "agreement")) assert.deepEqual(disagree, []);
    });
  });
}

Deno.test("weakness 8: peers apply what the validator has seen, even if the object was swapped since", async () => {
  await withDirectory(async (directory) => {
    const emit = (event: SwarmEvent) => {
      if (event.event !== "verdict" || event.window !== 1) return;
      for (const path of ["submission/00000001/2.covey", "manifest/00000001/2.json"]) {
        tamper(join(directory, "buckets/2", path), () => new Uint8Array(10));
      }
    };
    const { events } = await runTestSwarm(directory, 3, { emit });
    assert.deepEqual(of(events, "refused"), []);
    for (const { peers } of of(events, "applied")) assert.deepEqual(peers, [0, 1, 2]);
    for (const { disagree } of of(events, "agreement")) assert.deepEqual(disagree, []);
  });
});

/** Replaces a file's content, keeping its modification time. */
function tamper(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
  const { mtime } = Deno.statSync(path);
  Deno.writeFileSync(path, change(Deno.readFileSync(path)));
  Deno.utimeSync(path, mtime!, mtime!);
}

Deno.test("a local swarm refuses a modified state and another run's ledger", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 2);
    const path = join(directory, "peers/1/state-00000002.safetensors");
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 5] ^= 1;
    await Deno.writeFile(path, bytes);
    await assert.rejects(
      () => runTestSwarm(directory, 3),
      /does not match the digest it was saved with; delete/,
    );
    const definition = { ...simulatedDefinition(), seed: 7 };
    for (const folder of ["peers", "validators"]) {
      await Deno.remove(join(directory, folder), { recursive: true });
    }
    await assert.rejects(
      () => runTestSwarm(directory, 3, { definition }),
      /belongs to another run/,
    );
    assert.equal(of((await runTestSwarm(directory, 1)).events, "digest").length, 4);
  });
});

Deno.test("a local swarm reports a window's end before any peer begins the next", async () => {
  await withDirectory(async (directory) => {
    const order: string[] = [];
    const emit = (event: SwarmEvent) => {
      if (event.event === "phase" && event.phase === "train") order.push(`train ${event.window}`);
    };
    const onWindow = async ({ window }: { window: number }) => {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      order.push(`told ${window - 1}`);
    };
    await runTestSwarm(directory, 2, { emit, onWindow });
    const window = (number: number) => [...new Array(3).fill(`train ${number}`), `told ${number}`];
    assert.deepEqual(order, [...window(0), ...window(1)]);
  });
});

Deno.test("a local swarm resumes after the advice in its errors is followed", async () => {
  let wanted = "";
  await withDirectory(async (directory) => {
    wanted = (await runTestSwarm(directory, 4)).digest;
  });
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 3);
    await Deno.remove(join(directory, "peers/1/state-00000003.safetensors"));
    assert.equal((await runTestSwarm(directory, 4)).digest, wanted);
  });
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 3);
    for (const suffix of ["", "-shm", "-wal"]) {
      await Deno.remove(join(directory, `ledger.sqlite${suffix}`)).catch(() => {});
    }
    assert.equal((await runTestSwarm(directory, 4)).digest, wanted);
  });
});
