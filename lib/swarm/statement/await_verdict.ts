import type { Bucket } from "../../bucket/bucket.ts";
import type { Chain, Registration } from "../../chain/chain.ts";
import type { VerifySignature } from "../../chain/keypair.ts";
import type { Clock } from "../../clock/clock.ts";
import { leaderOf } from "../roles.ts";
import { readStatement } from "./signed_object.ts";
import { VERDICT, type Verdict } from "./verdict.ts";

/** What finding a verdict needs. */
export interface VerdictSources {
  /** Time. */
  readonly clock: Clock;
  /** Ledger, which says who leads. */
  readonly chain: Chain;
  /** Bucket of any node. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
  /** Checks signatures. */
  readonly verify: VerifySignature;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** Time between two looks. */
const POLL_MS = 5000;

/**
 * Waits for the leading validator's verdict on a window. There is one for every window, late ones included,
 * and nobody guesses what it will be: that is what keeps honest peers on the same bits.
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
