import { NotFiniteError } from "../../tensor/not_finite_error.ts";
import type { DeviceTensor, Engine, Session } from "../../engine/engine.ts";
import { serializeGraph } from "../../graph/serialize_graph.ts";
import { elementCount } from "../../tensor/dims.ts";
import { cacheNames, generationGraph, type GenerationShape } from "./generation_graph.ts";
import { parametersInFiles } from "../model/parameters_in_files.ts";
import type { ScorerOptions } from "../scoring/scorer.ts";

/** Prompt tokens per pass. */
const PROMPT_CHUNK = 64;
/** KV cache capacities are multiples of this, to limit the number of graphs. */
const CAPACITY_STEP = 256;

/** Keys and values of every block on the device, by graph input name. */
type Cache = ReadonlyMap<string, DeviceTensor>;

/** Options of text generation. */
export interface GenerationOptions {
  /** Maximum number of new tokens per text. */
  readonly tokensMax: number;
  /** Reports whether a text is complete. */
  readonly isDone: (row: number, written: readonly number[]) => boolean;
  /** Called after each pass. */
  readonly onStep: () => void;
  /** Chooses a token from its logits, [vocabulary]; if omitted, the argmax is taken on the device. */
  readonly choose?: (logits: Float32Array) => number;
}

/** Continues several texts at once with a KV cache, one single-token pass per new token. */
export class TokenGenerator {
  #sessions: { readonly read: Session; readonly write: Session } | undefined;
  #shape = "";

  /** @param engine Engine to compute on; `close` leaves it open. */
  constructor(
    readonly engine: Engine,
    readonly model: Pick<ScorerOptions, "config" | "tensors" | "frugal">,
  ) {}

  /**
   * Continues texts.
   *
   * @param prompts Tokens of each text, at least one per text.
   * @returns New tokens of each text, including those that ended it.
   * @throws EngineError when the device rejects the graph or lacks memory for it.
   * @throws NotFiniteError when the model computes NaN or infinity.
   */
  async generate(
    prompts: readonly (readonly number[])[],
    options: GenerationOptions,
  ): Promise<number[][]> {
    const rows = prompts.length;
    const longest = Math.max(...prompts.map(({ length }) => length));
    const chunks = Math.ceil((longest - 1) / PROMPT_CHUNK);
    const needed = Math.max(chunks * PROMPT_CHUNK, longest + options.tokensMax);
    const capacity = Math.ceil(needed / CAPACITY_STEP) * CAPACITY_STEP;
    const result = options.choose ? "logits" : "argmax";
    const cache = await this.#allocate(rows, capacity);
    try {
      const { read, write } = await this.#open({ rows, capacity, result }, cache);
      await readPrompts(read, prompts, chunks, cache, options);
      return await continueTexts(write, prompts, cache, options);
    } finally {
      await this.engine.dispose([...cache.values()]);
    }
  }

  /** Releases the open sessions. */
  async close(): Promise<void> {
    await this.#sessions?.read.release();
    await this.#sessions?.write.release();
    this.#sessions = undefined;
    this.#shape = "";
  }

  /** Returns the sessions of a shape, releasing those of the previous shape. */
  async #open(shape: Omit<GenerationShape, "tokens">, cache: Cache) {
    const key = `${shape.rows} ${shape.capacity} ${shape.result}`;
    if (this.#sessions && key === this.#shape) return this.#sessions;
    await this.close();
    const { frugal } = this.model;
    this.#sessions = {
      // One prepacked copy of the weights is enough; prompts are a small part of the work.
      read: await this.#load({ ...shape, tokens: PROMPT_CHUNK }, cache, true),
      write: await this.#load({ ...shape, tokens: 1 }, cache, frugal),
    };
    this.#shape = key;
    return this.#sessions;
  }

  async #allocate(rows: number, capacity: number): Promise<Cache> {
    const { headDim, keyValueHeads, layers } = this.model.config;
    const dims = [rows, keyValueHeads, capacity, headDim];
    const cache = new Map<string, DeviceTensor>();
    for (let layer = 0; layer < layers; layer++) {
      for (const name of Object.values(cacheNames(layer))) {
        const data = new Float32Array(elementCount(dims));
        cache.set(name, await this.engine.upload({ type: "float32", dims, data }));
      }
    }
    return cache;
  }

  #load(
    shape: GenerationShape,
    cache: Cache,
    frugal: boolean,
  ): Promise<Session> {
    const { config, tensors } = this.model;
    const graph = generationGraph(config, shape, parametersInFiles(tensors));
    return this.engine.load(serializeGraph(graph), Object.keys(kept(cache)), frugal);
  }
}

/**
 * Runs all but the last token of each prompt. Cache entries past the end of a shorter prompt are overwritten
 * before they are attended to.
 */
async function readPrompts(
  session: Session,
  prompts: readonly (readonly number[])[],
  chunks: number,
  cache: Cache,
  { onStep }: GenerationOptions,
): Promise<void> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    const start = chunk * PROMPT_CHUNK;
    const tokens = new Int32Array(prompts.length * PROMPT_CHUNK);
    prompts.forEach((prompt, row) =>
      tokens.set(prompt.slice(0, -1).slice(start, start + PROMPT_CHUNK), row * PROMPT_CHUNK)
    );
    const positions = tokens.map((_, i) => start + i % PROMPT_CHUNK);
    await session.run(feeds(PROMPT_CHUNK, tokens, positions, cache), kept(cache));
    onStep();
  }
}

async function continueTexts(
  session: Session,
  prompts: readonly (readonly number[])[],
  cache: Cache,
  { choose, isDone, onStep, tokensMax }: GenerationOptions,
): Promise<number[][]> {
  const written = prompts.map((): number[] => []);
  const open = new Set(prompts.keys());
  const tokens = Int32Array.from(prompts, (prompt) => prompt.at(-1)!);
  const positions = Int32Array.from(prompts, ({ length }) => length - 1);
  for (let step = 0; step < tokensMax && open.size > 0; step++) {
    const fed = feeds(1, tokens.slice(), positions.slice(), cache);
    const { argmax, logits, total } = await session.run(fed, kept(cache));
    onStep();
    for (const row of [...open]) {
      const ofRow = choose && logitsOf(logits.data as Float32Array, row, prompts.length);
      const sum = ofRow ? ofRow.reduce((sum, logit) => sum + logit, 0) : total.data[row] as number;
      if (!Number.isFinite(sum)) {
        throw new NotFiniteError(`Cannot generate: the sum of the logits is ${sum}`);
      }
      tokens[row] = ofRow ? choose(ofRow) : argmax.data[row] as number;
      positions[row]++;
      written[row].push(tokens[row]);
      if (isDone(row, written[row])) open.delete(row);
    }
  }
  return written;
}

/** Logits of one text, [vocabulary]. */
function logitsOf(logits: Float32Array, row: number, rows: number): Float32Array {
  const size = logits.length / rows;
  return logits.subarray(row * size, (row + 1) * size);
}

function feeds(
  tokens: number,
  ids: Int32Array<ArrayBuffer>,
  positions: Int32Array<ArrayBuffer>,
  cache: Cache,
) {
  const plane = (data: Int32Array<ArrayBuffer>) => ({
    type: "int32" as const,
    dims: [data.length / tokens, tokens],
    data,
  });
  return { tokens: plane(ids), positions: plane(positions), ...Object.fromEntries(cache) };
}

function kept(cache: Cache): Record<string, DeviceTensor> {
  return Object.fromEntries([...cache].map(([name, tensor]) => [`next.${name}`, tensor]));
}
