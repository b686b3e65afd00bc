import type { Bucket } from "../../bucket/bucket.ts";
import type { Chain, Registration } from "../../chain/chain.ts";
import type { VerifySignature } from "../../chain/keypair.ts";
import type { Clock } from "../../clock/clock.ts";
import { leaderOf } from "../roles.ts";
import { readStatement } from "./signed_object.ts";
import { VERDICT, type Verdict } from "./verdict.ts";

/** Dependencies for waiting for a verdict. */
export interface VerdictSources {
  /** Source of time. */
  readonly clock: Clock;
  /** Ledger, which determines the leader. */
  readonly chain: Chain;
  /** Looks up a node's bucket. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
  /** Checks signatures. */
  readonly verify: VerifySignature;
  /** Aborts the wait. */
  readonly signal: AbortSignal;
}

/** Polling interval. */
const POLL_MS = 5000;

/**
 * Waits for the leading validator's verdict on a window. Every window has one, even if late, and no node
 * guesses it: this keeps honest peers bit-identical.
 */
export async function awaitVerdict(
  { bucketOf, chain, clock, signal, verify }: VerdictSources,
  about: { run: string; window: number },
): Promise<{ verdict: Verdict; leader: Registration; leaderBucket: Bucket }> {
  for (;;) {
    const leader = leaderOf(await chain.registrations());
    const leaderBucket = leader && await bucketOf(leader.uid);
    const found = leaderBucket && await readStatement(leaderBucket, VERDICT, about, leader, verify);
    if (found) return { verdict: found.content, leader, leaderBucket };
    await clock.sleepUntil(clock.nowMs() + POLL_MS, signal);
  }
}
