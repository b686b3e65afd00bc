import { checkCommitment, checkHotkey, checkWeights } from "./_checks.ts";
import { type Chain, type Registration, type Weight } from "./chain.ts";

/** Schedule of blocks. */
export interface BlockSchedule {
  /** Returns the number of the newest block. */
  block(): number;
  /** Returns the actual or expected time of a block. */
  blockTimeMs(block: number): number;
}

/** An in-memory ledger for simulations, with blocks from a schedule. */
export class MemoryChain implements Chain {
  readonly #registrations: Registration[] = [];
  readonly #commitments = new Map<number, string>();
  /** All calls of setWeights, for tests that count them. */
  readonly submissions: { validator: number; block: number; weights: Weight[] }[] = [];

  /** @param schedule Determines the newest block. */
  constructor(readonly schedule: BlockSchedule) {}

  /** See {@linkcode Chain.block}. */
  // deno-lint-ignore require-await
  async block(): Promise<number> {
    return this.schedule.block();
  }

  /** See {@linkcode Chain.blockTimeMs}. */
  // deno-lint-ignore require-await
  async blockTimeMs(block: number): Promise<number> {
    return this.schedule.blockTimeMs(block);
  }

  /** See {@linkcode Chain.register}. */
  // deno-lint-ignore require-await
  async register(hotkey: string, stake = 0): Promise<number> {
    checkHotkey(hotkey);
    const known = this.#registrations.find((each) => each.hotkey === hotkey);
    if (known) return known.uid;
    const uid = this.#registrations.length;
    this.#registrations.push({ uid, hotkey, block: this.schedule.block(), stake });
    return uid;
  }

  /** See {@linkcode Chain.registrations}. */
  // deno-lint-ignore require-await
  async registrations(): Promise<Registration[]> {
    return [...this.#registrations];
  }

  /** See {@linkcode Chain.commit}. */
  // deno-lint-ignore require-await
  async commit(hotkey: string, text: string): Promise<void> {
    checkCommitment(text);
    this.#commitments.set(this.#uid(hotkey), text);
  }

  /** See {@linkcode Chain.commitment}. */
  // deno-lint-ignore require-await
  async commitment(uid: number): Promise<string | undefined> {
    return this.#commitments.get(uid);
  }

  /** See {@linkcode Chain.setWeights}. */
  // deno-lint-ignore require-await
  async setWeights(hotkey: string, weights: Weight[]): Promise<void> {
    const validator = this.#uid(hotkey);
    checkWeights(weights, new Set(this.#registrations.map(({ uid }) => uid)));
    const sorted = [...weights].sort((a, b) => a.uid - b.uid);
    this.submissions.push({ validator, block: this.schedule.block(), weights: sorted });
  }

  /** See {@linkcode Chain.weights}. */
  // deno-lint-ignore require-await
  async weights(validatorUid: number): Promise<Weight[]> {
    return this.#last(validatorUid)?.weights ?? [];
  }

  /** See {@linkcode Chain.weightsBlock}. */
  // deno-lint-ignore require-await
  async weightsBlock(validatorUid: number): Promise<number | undefined> {
    return this.#last(validatorUid)?.block;
  }

  /** Drops the weights set in `block` and later ones, which are no longer part of the chain. */
  dropSince(block: number): void {
    const kept = this.submissions.filter((each) => each.block < block);
    this.submissions.splice(0, this.submissions.length, ...kept);
  }

  #last(validatorUid: number) {
    return this.submissions.findLast(({ validator }) => validator === validatorUid);
  }

  #uid(hotkey: string): number {
    const known = this.#registrations.find((each) => each.hotkey === hotkey);
    if (!known) throw new RangeError(`Cannot find hotkey ${hotkey}: it is not registered`);
    return known.uid;
  }
}
