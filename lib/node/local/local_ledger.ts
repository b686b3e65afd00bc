import { type Chain, type Registration } from "../../chain/chain.ts";
import { type LocalChain, UnusableLedgerError } from "../../chain/local_chain.ts";
import { LOCAL_STAKE, localBucketUri, localKeypair } from "./local_nodes.ts";

/**
 * Checks that a ledger belongs to a local run, its peers and its validator.
 *
 * @throws UnusableLedgerError
 */
export async function checkLocalLedger(chain: Chain, run: string, peers: number): Promise<void> {
  const hotkeys = Array.from({ length: peers + 1 }, (_, uid) => localKeypair(run, uid, 0).hotkey);
  check(await chain.registrations(), hotkeys);
}

/**
 * Registers the nodes not registered yet, the validator last; returns whether the run had begun
 * before.
 *
 * @param window Next window.
 * @throws UnusableLedgerError when the ledger belongs to another run; nothing is written then.
 */
export async function registerLocalNodes(
  chain: LocalChain,
  keypairs: readonly { readonly hotkey: string }[],
  window: number,
): Promise<boolean> {
  const hotkeys = keypairs.map(({ hotkey }) => hotkey);
  const registrations = await chain.registrations();
  const known = registrations.length;
  check(registrations, hotkeys);
  // A missing ledger is recreated; one with fewer nodes belongs to another swarm. Validators that follow the
  // run are registered after its nodes.
  if (window > 0 && known > 0 && known < hotkeys.length) {
    throw new UnusableLedgerError(
      `Cannot use ledger: it has ${known} nodes, want ${hotkeys.length}`,
    );
  }
  for (const [uid, hotkey] of hotkeys.entries()) {
    await chain.register(hotkey, stakeOf(uid, hotkeys));
    await chain.commit(hotkey, localBucketUri(uid));
  }
  return known > 0 || window > 0;
}

function check(registrations: readonly Registration[], hotkeys: readonly string[]): void {
  for (const { hotkey, stake, uid } of registrations.slice(0, hotkeys.length)) {
    if (hotkey !== hotkeys[uid]) {
      throw new UnusableLedgerError("Cannot use ledger: it belongs to another run");
    }
    if (stake !== stakeOf(uid, hotkeys)) {
      throw new UnusableLedgerError(
        `Cannot use ledger: it has other peers than the ${hotkeys.length - 1} of this run`,
      );
    }
  }
}

/** Returns the stake of a node; the last one is the validator. */
function stakeOf(uid: number, hotkeys: readonly string[]): number {
  return uid === hotkeys.length - 1 ? LOCAL_STAKE : 0;
}
