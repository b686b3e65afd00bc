import { InputError } from "../input/input_error.ts";
import * as v from "valibot";
import { ADVERSARIES } from "../adversary/adversaries.ts";
import type { SeededRandom } from "../random/seeded_random.ts";
import { describeIssue } from "../input/describe_issue.ts";

const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const chance = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const SCENARIO = v.strictObject({
  /** Number of peers, adversaries included. */
  peers: whole(1, 64),
  /** Kinds of the adversaries, which are the last peers. */
  adversaries: v.array(v.picklist(Object.keys(ADVERSARIES))),
  /** Number of validators; the first is the leader. */
  validators: whole(1, 8),
  /** Number of windows with faults. */
  windows: whole(1, 100_000),
  /** Number of fault-free windows at the end, in which every honest node must catch up. */
  quietWindows: whole(4, 1000),
  faults: v.strictObject({
    /** Chance per call that a node crashes and is restarted. */
    crash: chance,
    /** Chance that a crash erases a peer's disk: it starts from nothing, without its error feedback. */
    diskLoss: v.optional(chance, 0),
    /** Chance that a peer joins late, without the first windows and the state that others keep from them. */
    lateJoin: v.optional(chance, 0),
    /** Chance per call that a node freezes for a while. */
    freeze: chance,
    /** Chance per request to a store of a random fault. */
    store: chance,
    /** Chance per request to the chain of a failure. */
    chain: chance,
    /** Chance per node and window of a partition from the store, and likewise from the chain. */
    partition: chance,
    /** Chance per slot of a missed block. */
    missedBlock: chance,
    /** Chance per window that the chain loses its newest blocks. */
    reorganisation: chance,
  }),
});

/** Size, adversaries and fault rates of a simulation; its seed determines the rest. */
export type Scenario = v.InferOutput<typeof SCENARIO>;

/**
 * Parses the text of a scenario file, JSON.
 *
 * @throws InputError naming what is wrong.
 */
export function parseScenario(text: string): Scenario {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`Cannot read scenario: ${(cause as Error).message}`, { cause });
  }
  const result = v.safeParse(SCENARIO, value);
  if (!result.success) {
    throw new InputError(`Cannot read scenario: ${describeIssue(result.issues)}`);
  }
  if (result.output.adversaries.length >= result.output.peers) {
    throw new InputError("Cannot use scenario: it has no honest peer");
  }
  return result.output;
}

/** Draws a scenario of three to eight peers, up to a third of them adversaries. */
export function randomScenario(random: SeededRandom): Scenario {
  const below = (count: number) => Math.floor(random.uniform() * count);
  const sometimes = (most: number) => (random.uniform() < 0.3 ? 0 : most * random.uniform());
  const peers = 3 + below(6);
  const kinds = Object.keys(ADVERSARIES);
  return {
    peers,
    adversaries: Array.from(
      { length: below(Math.floor(peers / 3) + 1) },
      () => kinds[below(kinds.length)],
    ),
    validators: 1 + below(2),
    windows: 6 + below(8),
    quietWindows: 4,
    faults: {
      crash: sometimes(0.004),
      freeze: sometimes(0.004),
      store: sometimes(0.08),
      chain: sometimes(0.02),
      partition: sometimes(0.15),
      missedBlock: sometimes(0.1),
      reorganisation: sometimes(0.3),
      diskLoss: sometimes(0.5),
      lateJoin: sometimes(0.5),
    },
  };
}
