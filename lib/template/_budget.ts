import type { Maker } from "./_call.ts";
import { type JinjaValue } from "./python_value.ts";

/** Upper bound of steps per rendering, each about a microsecond. */
const STEPS_MAX = 2_000_000;
const CHARACTERS_PER_STEP = 100;

/** Creates the values of one rendering and bounds its computation. */
export class Budget implements Maker {
  #steps = 0;

  /**
   * @param isTask See {@linkcode Maker.isTask}.
   * @param sizeMax Maximum length of a string.
   */
  constructor(readonly isTask: boolean, readonly sizeMax: number) {}

  /** See {@linkcode Maker.spend}. */
  readonly spend = (steps: number): void => {
    this.#steps += steps;
    if (this.#steps > STEPS_MAX) throw new RangeError("it takes too long");
  };

  /** See {@linkcode Maker.room}. */
  room(length: number): void {
    this.spend(length / CHARACTERS_PER_STEP);
    if (length > this.sizeMax) throw new RangeError(`a string is longer than ${this.sizeMax}`);
  }

  /** See {@linkcode Maker.plain}. */
  plain(value: string | boolean | null | undefined): JinjaValue {
    if (value === undefined) return { type: "UndefinedValue", value };
    if (value === null) return { type: "NullValue", value };
    if (typeof value === "boolean") return { type: "BooleanValue", value };
    if (value.length > this.sizeMax) this.room(value.length);
    return { type: "StringValue", value };
  }

  /** See {@linkcode Maker.integer}. */
  integer(value: number): JinjaValue {
    if (!Number.isSafeInteger(value)) throw new RangeError("an integer is too large");
    return { type: "IntegerValue", value };
  }

  /** See {@linkcode Maker.float}. */
  float(value: number): JinjaValue {
    return { type: "FloatValue", value };
  }

  /** See {@linkcode Maker.list}. */
  list(value: readonly JinjaValue[]): JinjaValue {
    this.spend(value.length);
    return { type: "ArrayValue", value };
  }

  /** See {@linkcode Maker.tuple}. */
  tuple(value: readonly JinjaValue[]): JinjaValue {
    this.spend(value.length);
    return { type: "TupleValue", value };
  }
}
