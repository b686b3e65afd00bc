import { elementCount } from "../../tensor/dims.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { blockParameters, llamaParameters } from "../model/parameters.ts";
import type { ScoringShape } from "./scoring_batch.ts";
import { queryRowsMax } from "./scoring_graphs.ts";

const FLOAT_BYTES = 4;
/** Part of the memory that weights may take; the rest is for activations, and for others. */
const WEIGHTS_FRACTION = 0.6;
/** Part of it for hidden states that wait while a model goes through memory block by block. */
const WAITING_FRACTION = 0.2;
/**
 * Memory that prepacked weights take, over their size as float32. The runtime keeps
 * beside it, for a while, what it was made from: of fp16 and bf16 that is a copy as float32.
 */
const ARRANGED_FACTOR = 1.3;
const ARRANGED_FACTOR_HALVES = 1.9;
/**
 * Tokens that go through some blocks before the next are loaded: enough that computing takes many times longer
 * than reading the weights, and no more, since what is computed is lost when the program is stopped.
 */
const WAVE_TOKENS = 8192;

/** How the weights behind the blocks are used: a row for each token of the vocabulary. */
export interface HeadLayout {
  /** As they lie in their files. */
  readonly frugal: boolean;
  /** Bytes of them, as float32, that are used at once. */
  readonly tileBytesMax: number;
}

/** How a model is held while it scores. */
export interface ScoringLayout {
  /** Blocks whose weights are held at once. */
  readonly blocksAtOnce: number;
  /** Batches that wait while others go through the same blocks. */
  readonly batchesAtOnce: number;
  /** Whether weights are used as they lie in their files. */
  readonly frugal: boolean;
  /** How the weights behind the blocks are used. */
  readonly head: HeadLayout;
  /** Bytes that this takes, weights and activations. */
  readonly bytes: number;
}

/** Upper bound of a head tile; GPUs cap buffer size. */
export const HEAD_TILE_BYTES_MAX = 2 ** 29;
/** How those weights are used where there is room for all of them. */
export const PREPACKED_HEAD: HeadLayout = { frugal: false, tileBytesMax: HEAD_TILE_BYTES_MAX };
/** A model that is held whole, prepacked. */
export function prepackedWhole({ layers }: Pick<LlamaConfig, "layers">) {
  return { blocksAtOnce: layers, batchesAtOnce: 1, frugal: false, head: PREPACKED_HEAD };
}

/** As much of them is used at once even where memory is short. */
const HEAD_TILE_BYTES_MIN = 2 ** 24;

/**
 * Chooses how to hold a model: whole and prepacked, whole as it lies in its files, or some blocks at
 * a time, whichever first fits.
 *
 * @param fileBytes Bytes of its weights in their files.
 * @param memoryBytes Bytes that can be had.
 * @param blocks Blocks at once, where the user says so.
 */
export function scoringLayout(
  config: LlamaConfig,
  fileBytes: number,
  memoryBytes: number,
  shape: ScoringShape,
  blocks: number | undefined,
): ScoringLayout {
  const values = (specs: readonly { dims: readonly number[] }[]) =>
    specs.reduce((sum, { dims }) => sum + elementCount(dims), 0);
  const all = FLOAT_BYTES * values(llamaParameters(config));
  const block = FLOAT_BYTES * values(blockParameters(config));
  const activations = activationBytes(config, shape);
  const isHalves = fileBytes < 0.9 * all;
  const factor = isHalves ? ARRANGED_FACTOR_HALVES : ARRANGED_FACTOR;
  const room = WEIGHTS_FRACTION * memoryBytes;
  const { hiddenSize, layers, vocabSize } = config;
  const tile = Math.min(Math.max(block, HEAD_TILE_BYTES_MIN), HEAD_TILE_BYTES_MAX);
  if (blocks === undefined || blocks >= layers) {
    if (factor * all <= room) {
      return { ...prepackedWhole(config), bytes: factor * all + activations };
    }
    // One block's weights as float32 come and go; the file's own pages the system can drop.
    if (fileBytes + block <= room || blocks !== undefined) {
      return {
        ...prepackedWhole(config),
        frugal: true,
        head: { frugal: true, tileBytesMax: tile },
        bytes: fileBytes + block + activations,
      };
    }
  }
  const blocksAtOnce = Math.min(blocks ?? Math.max(1, Math.floor(room / (2 * block))), layers);
  const tokens = shape.rows * shape.sequence;
  const waiting = FLOAT_BYTES * tokens * hiddenSize;
  const batchesAtOnce = Math.max(
    1,
    Math.min(
      Math.floor((WAITING_FRACTION * memoryBytes) / waiting),
      Math.ceil(WAVE_TOKENS / tokens),
    ),
  );
  const prepacked = factor * blocksAtOnce * block;
  const frugal = prepacked > room;
  const blockBytes = (frugal ? blocksAtOnce * block : prepacked) + activations;
  // What waits while the head is there is no more than while blocks are.
  const head = factor * FLOAT_BYTES * vocabSize * hiddenSize;
  const headIsLarge = head > blockBytes;
  return {
    blocksAtOnce,
    batchesAtOnce,
    frugal,
    head: headIsLarge ? { frugal: true, tileBytesMax: tile } : PREPACKED_HEAD,
    bytes: Math.max(blockBytes, headIsLarge ? 2 * tile : head) + batchesAtOnce * waiting,
  };
}

function activationBytes(config: LlamaConfig, shape: ScoringShape): number {
  const { heads, hiddenSize, intermediateSize } = config;
  const { rows, sequence } = shape;
  const together = Math.min(queryRowsMax(config, shape), sequence);
  const scores = 2 * rows * heads * together * sequence + 2 * rows * sequence ** 2;
  return FLOAT_BYTES * (rows * sequence * (8 * hiddenSize + 3 * intermediateSize) + scores);
}

/**
 * Texts that can be written at once: what is remembered of their tokens takes a part of the memory.
 *
 * @param tokens Tokens of the longest text, the new ones included.
 * @returns A power of two, at most 16: what is written at once should not depend on small differences.
 */
export function writingRows(config: LlamaConfig, memoryBytes: number, tokens: number): number {
  const { headDim, keyValueHeads, layers } = config;
  // Keys and values, and as much again for those that replace them.
  const row = 2 * 2 * FLOAT_BYTES * layers * keyValueHeads * headDim * tokens;
  const fit = Math.floor((WAITING_FRACTION * memoryBytes) / row);
  return 2 ** Math.floor(Math.log2(Math.min(16, Math.max(1, fit))));
}
