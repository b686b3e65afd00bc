import { InputError } from "../../input/input_error.ts";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { keypairFromSeed } from "../../chain/keypair.ts";
import type { Clock } from "../../clock/clock.ts";
import { FrozenClock } from "../../clock/frozen_clock.ts";
import { FileStateStore } from "../../swarm/store/file_state_store.ts";
import { LOCAL_STAKE, localBucketUri, localNonces, openLocalBucket } from "./local_nodes.ts";
import type { ReplayOptions } from "../../swarm/replay.ts";
import { leaderOf } from "../../swarm/roles.ts";
import { readStatement } from "../../swarm/statement/signed_object.ts";
import type { Emit } from "../../swarm/swarm_event.ts";
import { Validator } from "../../swarm/validator.ts";
import type { WindowClock } from "../../swarm/window_clock.ts";
import { WINDOW_RECORD } from "../../swarm/statement/window_record.ts";
import { hostedValidator } from "../hosted_validator.ts";
import { runNode } from "../run_node.ts";
import { randomFrom } from "../../random/random_from.ts";

/** Polling interval for the next window. */
const POLL_MS = 500;

/** Options of a validator that follows a local run. */
export interface FollowOptions extends ReplayOptions {
  /** Directory of the run. */
  readonly directory: string;
  /** Times of windows. */
  readonly windows: WindowClock;
  /** Measures losses. */
  readonly evaluator: NonNullable<ReplayOptions["evaluator"]>;
  /** Clock of the run's ledger, set to the current window. */
  readonly past: FrozenClock;
  /** The machine's clock. */
  readonly clock: Clock;
  /** Receives events. */
  readonly emit: Emit;
  /** Wall-clock seconds, for durations. */
  readonly stopwatch: () => number;
  /** Stops the follower. */
  readonly signal: AbortSignal;
  /** Reports whether the run is over, so that no window follows once all are scored. */
  readonly isOver: () => boolean;
}

/**
 * Scores a local run from another process as an additional validator: registers with a smaller stake than the
 * run's validator, follows its verdicts, scores each window once it is over, publishes records and sets
 * weights. A stopped follower resumes with the next window.
 */
export async function followRun(options: FollowOptions): Promise<void> {
  const { bucketOf, chain, clock, definition, directory, isOver, past, run, shapes, signal } =
    options;
  const name = `covey local follower ${run}`;
  const seed = createHash("sha256").update(name).digest();
  const keypair = keypairFromSeed(seed, randomFrom(name));
  const leader = leaderOf(await chain.registrations());
  if (!leader) throw new InputError("Cannot follow run: its ledger has no validator");
  const uid = await chain.register(keypair.hotkey, LOCAL_STAKE / 2);
  await chain.commit(keypair.hotkey, localBucketUri(uid));
  const store = new FileStateStore(join(directory, `validators/${uid}`), shapes);
  const validator = new Validator({ uid, run, definition }, {
    ...options,
    clock: past,
    store,
    keypair,
    bucket: openLocalBucket(localBucketUri(uid), directory, past, signal),
    nonceOf: localNonces(run, uid),
  });
  await runNode(hostedValidator(validator), {
    initialParameters: options.initialParameters,
    begins: async (window) => {
      for (;;) {
        // Once the run's validator has scored the window, every statement on it is available.
        const bucket = await bucketOf(leader.uid);
        const about = { run, window };
        const done = isOver();
        if (await readStatement(bucket!, WINDOW_RECORD, about, leader, options.verify)) break;
        if (done) return false;
        await clock.sleepUntil(clock.nowMs() + POLL_MS, signal);
      }
      const { digestEndMs } = await options.windows.times(window);
      past.set(digestEndMs + 1);
      return true;
    },
  });
}
