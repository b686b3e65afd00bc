import { createHash } from "node:crypto";
import { join } from "node:path";
import { DirectoryBucket } from "../../bucket/directory_bucket.ts";
import { keypairFromSeed } from "../../chain/keypair.ts";
import type { Clock } from "../../clock/clock.ts";
import { PastClock } from "../../clock/past_clock.ts";
import { SeededRandom } from "../../random/seeded_random.ts";
import { FileStateStore } from "../store/file_state_store.ts";
import { LOCAL_STAKE, localBucketPath, localNonces } from "./local_nodes.ts";
import type { ReplayOptions } from "../replay.ts";
import { leaderOf } from "../roles.ts";
import { readStatement } from "../statement/signed_object.ts";
import type { Emit } from "../swarm_event.ts";
import { Validator } from "../validator.ts";
import { freshValidatorState, validatorStateOf } from "../validator_state.ts";
import type { WindowClock } from "../window_clock.ts";
import { WINDOW_RECORD } from "../statement/window_record.ts";

/** Pause between two looks for the next window. */
const POLL_MS = 500;

/** What a validator that follows a local run needs. */
export interface FollowOptions extends ReplayOptions {
  /** Directory of the run. */
  readonly directory: string;
  /** Moments of windows. */
  readonly windows: WindowClock;
  /** Measures losses. */
  readonly evaluator: NonNullable<ReplayOptions["evaluator"]>;
  /** Time of the run's ledger: that of the window in hand. */
  readonly past: PastClock;
  /** The machine's own time. */
  readonly clock: Clock;
  /** Takes events. */
  readonly emit: Emit;
  /** Real seconds, for durations. */
  readonly stopwatch: () => number;
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** Whether the run is over, so that no window is to come once all are scored. */
  readonly isOver: () => boolean;
}

/**
 * Scores a local run from another process as a validator of its own: registers with a smaller stake than the
 * run's own validator, follows its verdicts, scores each window once that is over, publishes records and
 * sets weights. It goes on where it was stopped.
 */
export async function followRun(options: FollowOptions): Promise<void> {
  const { bucketOf, chain, clock, definition, directory, isOver, past, run, signal, tensors } =
    options;
  const seed = createHash("sha256").update(`covey local follower ${run}`).digest();
  const keypair = keypairFromSeed(seed, new SeededRandom(seed.readBigUInt64LE()));
  const leader = leaderOf(await chain.registrations());
  if (!leader) throw new RangeError("Cannot follow run: its ledger has no validator");
  const uid = await chain.register(keypair.hotkey, LOCAL_STAKE / 2);
  await chain.commit(keypair.hotkey, `directory:${localBucketPath(uid)}`);
  const store = new FileStateStore(join(directory, `validators/${uid}`), tensors);
  const validator = new Validator({ uid, run, definition }, {
    ...options,
    clock: past,
    store,
    keypair,
    bucket: new DirectoryBucket(join(directory, localBucketPath(uid)), past),
    nonceOf: localNonces(run, uid),
  });
  const saved = (await store.windows()).at(-1);
  let state = saved === undefined
    ? freshValidatorState(tensors, options.initialParameters)
    : validatorStateOf(await store.load(saved));
  for (;;) {
    const { window } = state.gauntlet;
    // The run's own validator has scored it: every statement on the window is there.
    const bucket = await bucketOf(leader.uid);
    const about = { run, window };
    const done = isOver();
    if (await readStatement(bucket!, WINDOW_RECORD, about, leader, options.verify)) {
      const { digestEndMs } = await options.windows.times(window);
      past.set(digestEndMs + 1);
      state = await validator.runWindow(state);
    } else if (done) return;
    else await clock.sleepUntil(clock.nowMs() + POLL_MS, signal);
  }
}
