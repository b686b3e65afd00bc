import type { DeviceTensor, Engine, Session } from "../engine/engine.ts";
import { serializeGraph } from "../graph/serialize_graph.ts";
import { elementCount } from "../graph/tensor.ts";
import { generationGraph, type GenerationShape, memoryNames } from "./generation_graph.ts";
import { parametersInFiles } from "./parameters_in_files.ts";
import type { ScorerOptions } from "./scorer.ts";
import { NotFiniteError } from "./trainer.ts";

/** Tokens of a prompt that go through the model at once. */
const PROMPT_CHUNK = 64;
/** Memories have lengths that are multiples of this, so that few graphs are made. */
const CAPACITY_STEP = 256;

/** What the writer is told of a text, and asks. */
export interface WritingOptions {
  /** Most tokens to write. */
  readonly tokensMax: number;
  /** Whether a text ends here. */
  readonly isDone: (row: number, written: readonly number[]) => boolean;
  /** Called after each pass. */
  readonly onStep: () => void;
}

/**
 * Continues several texts at once, each with its likeliest token. What attention needs of earlier tokens is
 * remembered, so that each new token is one pass over one token.
 */
export class GreedyWriter {
  #sessions: { readonly read: Session; readonly write: Session } | undefined;
  #shape = "";

  /** @param engine Where to compute; it stays open. */
  constructor(
    readonly engine: Engine,
    readonly model: Pick<ScorerOptions, "config" | "tensors" | "frugal">,
  ) {}

  /**
   * Writes on.
   *
   * @param prompts Tokens of each text, at least one.
   * @returns New tokens of each text, with those that ended it.
   * @throws EngineError when the device refuses the graph or has no room for it.
   * @throws NotFiniteError when the model computes something that is no number.
   */
  async write(
    prompts: readonly (readonly number[])[],
    options: WritingOptions,
  ): Promise<number[][]> {
    const rows = prompts.length;
    const longest = Math.max(...prompts.map(({ length }) => length));
    const chunks = Math.ceil((longest - 1) / PROMPT_CHUNK);
    const needed = Math.max(chunks * PROMPT_CHUNK, longest + options.tokensMax);
    const capacity = Math.ceil(needed / CAPACITY_STEP) * CAPACITY_STEP;
    const memory = await this.#memory(rows, capacity);
    try {
      const { read, write } = await this.#open(rows, capacity, memory);
      await readPrompts(read, prompts, chunks, memory, options);
      return await writeOn(write, prompts, memory, options);
    } finally {
      await this.engine.dispose([...memory.values()]);
    }
  }

  /** Frees what was opened. */
  async close(): Promise<void> {
    await this.#sessions?.read.release();
    await this.#sessions?.write.release();
    this.#sessions = undefined;
    this.#shape = "";
  }

  /** Sessions of a shape; those of the shape before are dropped. */
  async #open(rows: number, capacity: number, memory: ReadonlyMap<string, DeviceTensor>) {
    const shape = `${rows} ${capacity}`;
    if (this.#sessions && shape === this.#shape) return this.#sessions;
    await this.close();
    const { frugal } = this.model;
    this.#sessions = {
      // One arranged copy of the weights is enough; prompts are a small part of the work.
      read: await this.#load({ rows, capacity, tokens: PROMPT_CHUNK }, memory, true),
      write: await this.#load({ rows, capacity, tokens: 1 }, memory, frugal),
    };
    this.#shape = shape;
    return this.#sessions;
  }

  async #memory(rows: number, capacity: number): Promise<Map<string, DeviceTensor>> {
    const { headDim, keyValueHeads, layers } = this.model.config;
    const dims = [rows, keyValueHeads, capacity, headDim];
    const memory = new Map<string, DeviceTensor>();
    for (let layer = 0; layer < layers; layer++) {
      for (const name of Object.values(memoryNames(layer))) {
        const data = new Float32Array(elementCount(dims));
        memory.set(name, await this.engine.upload({ type: "float32", dims, data }));
      }
    }
    return memory;
  }

  #load(
    shape: GenerationShape,
    memory: ReadonlyMap<string, DeviceTensor>,
    frugal: boolean,
  ): Promise<Session> {
    const { config, tensors } = this.model;
    const graph = generationGraph(config, shape, parametersInFiles(tensors));
    return this.engine.load(serializeGraph(graph), Object.keys(kept(memory)), frugal);
  }
}

/** All of each prompt but its last token. What stands behind shorter ones is written over before it is seen. */
async function readPrompts(
  session: Session,
  prompts: readonly (readonly number[])[],
  chunks: number,
  memory: ReadonlyMap<string, DeviceTensor>,
  { onStep }: WritingOptions,
): Promise<void> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    const start = chunk * PROMPT_CHUNK;
    const tokens = new Int32Array(prompts.length * PROMPT_CHUNK);
    prompts.forEach((prompt, row) =>
      tokens.set(prompt.slice(0, -1).slice(start, start + PROMPT_CHUNK), row * PROMPT_CHUNK)
    );
    const positions = tokens.map((_, i) => start + i % PROMPT_CHUNK);
    await session.run(feeds(PROMPT_CHUNK, tokens, positions, memory), kept(memory));
    onStep();
  }
}

async function writeOn(
  session: Session,
  prompts: readonly (readonly number[])[],
  memory: ReadonlyMap<string, DeviceTensor>,
  { isDone, onStep, tokensMax }: WritingOptions,
): Promise<number[][]> {
  const written = prompts.map((): number[] => []);
  const open = new Set(prompts.keys());
  const tokens = Int32Array.from(prompts, (prompt) => prompt.at(-1)!);
  const positions = Int32Array.from(prompts, ({ length }) => length - 1);
  for (let step = 0; step < tokensMax && open.size > 0; step++) {
    const fed = feeds(1, tokens.slice(), positions.slice(), memory);
    const { total, likeliest } = await session.run(fed, kept(memory));
    onStep();
    for (const row of [...open]) {
      if (!Number.isFinite(total.data[row])) {
        throw new NotFiniteError(`Cannot write: its logits sum to ${total.data[row]}`);
      }
      tokens[row] = likeliest.data[row] as number;
      positions[row]++;
      written[row].push(tokens[row]);
      if (isDone(row, written[row])) open.delete(row);
    }
  }
  return written;
}

function feeds(
  tokens: number,
  ids: Int32Array<ArrayBuffer>,
  positions: Int32Array<ArrayBuffer>,
  memory: ReadonlyMap<string, DeviceTensor>,
) {
  const plane = (data: Int32Array<ArrayBuffer>) => ({
    type: "int32" as const,
    dims: [data.length / tokens, tokens],
    data,
  });
  return { tokens: plane(ids), positions: plane(positions), ...Object.fromEntries(memory) };
}

function kept(memory: ReadonlyMap<string, DeviceTensor>): Record<string, DeviceTensor> {
  return Object.fromEntries([...memory].map(([name, tensor]) => [`next.${name}`, tensor]));
}
