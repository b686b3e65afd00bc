import { InputError } from "../input/input_error.ts";
import * as v from "valibot";
import { ADVERSARIES } from "../adversary/adversaries.ts";
import type { SeededRandom } from "../random/seeded_random.ts";
import { describeIssue } from "../input/describe_issue.ts";

const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const chance = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const SCENARIO = v.strictObject({
  /** Peers, adversaries included. */
  peers: whole(1, 64),
  /** Kinds of the last peers. */
  adversaries: v.array(v.picklist(Object.keys(ADVERSARIES))),
  /** Validators; the first leads. */
  validators: whole(1, 8),
  /** Windows with faults. */
  windows: whole(1, 100_000),
  /** Windows without faults at the end, in which all have to come together again. */
  quietWindows: whole(4, 1000),
  faults: v.strictObject({
    /** Chance that a call of a node is its last before it is started again. */
    crash: chance,
    /** Chance that a crash takes a peer's disk along: it begins with nothing, error feedback included. */
    diskLoss: v.optional(chance, 0),
    /** Chance of a peer to come late: it has missed the first windows, and what they left in others' memory. */
    lateJoin: v.optional(chance, 0),
    /** Chance that a node stops at a call for a while. */
    freeze: chance,
    /** Chance that a request to a store goes wrong in one of the ways there are. */
    store: chance,
    /** Chance that a request to the chain fails. */
    chain: chance,
    /** Chance a node and window of being cut off from the store, and from the chain. */
    partition: chance,
    /** Chance that a block is missed. */
    missedBlock: chance,
    /** Chance a window that the chain loses its newest blocks. */
    reorganisation: chance,
  }),
});

/** What happens in a simulation, besides what its seed decides. */
export type Scenario = v.InferOutput<typeof SCENARIO>;

/**
 * Reads a scenario file, JSON.
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

/** A scenario that a seed makes up: three to eight peers, up to a third of them adversaries. */
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
