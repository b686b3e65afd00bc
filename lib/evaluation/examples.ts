import { InputError } from "../input/input_error.ts";
import { pythonJson } from "../python/python_json.ts";
import { PythonRandom } from "../random/python_random.ts";
import type { Document } from "./documents/document.ts";
import type { TaskData } from "./task.ts";

/** Draws the few-shot examples of a task's questions, in the order of its documents. */
export class Examples {
  readonly #random: PythonRandom;

  /**
   * @param pool Documents to draw from.
   * @param count Examples per question.
   * @param seed Few-shot seed; the harness's is 1234.
   * @throws InputError when there are too few.
   */
  constructor(
    readonly data: TaskData,
    readonly pool: readonly Document[],
    readonly count: number,
    seed: number,
  ) {
    this.#random = new PythonRandom(seed);
    const needed = this.#drawn;
    if (pool.length < needed) {
      throw new InputError(
        `Cannot draw ${count} examples per question: split ${data.exampleSplit} has ${pool.length} documents, want at least ${needed}`,
      );
    }
  }

  /** Returns the examples of the next document. */
  next(document: Document): readonly Document[] {
    if (this.count === 0) return [];
    const drawn = this.data.firstExamples
      ? this.pool.slice(0, this.#drawn)
      : this.#random.sample(this.pool.length, this.#drawn).map((at) => this.pool[at]);
    if (!this.data.examplesMayRepeat) return drawn;
    const own = pythonJson(document);
    const isOther = (each: Document) => pythonJson(each) !== own;
    const others = drawn.filter(isOther).slice(0, this.count);
    if (others.length === this.count) return others;
    // The pool contains the document twice, and both copies were drawn.
    const pool = this.pool.filter(isOther);
    return this.#random.sample(pool.length, this.count).map((at) => pool[at]);
  }

  get #drawn(): number {
    return this.count + Number(this.count > 0 && this.data.examplesMayRepeat === true);
  }
}
