import { elementCount } from "../../tensor/dims.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { blockParameters, llamaParameters } from "../model/parameters.ts";
import type { ScoringShape } from "./scoring_batch.ts";
import { queryRowsMax } from "./scoring_graphs.ts";

const FLOAT_BYTES = 4;
/** Maximum fraction of memory for weights; the rest is for activations and other uses. */
const WEIGHTS_FRACTION = 0.6;
/** Fraction of memory for hidden states held while a model is streamed block by block. */
const WAITING_FRACTION = 0.2;
/**
 * Memory of prepacked weights relative to their float32 size. The runtime temporarily keeps their
 * source as well, which for fp16 and bf16 is a float32 copy.
 */
const PREPACKED_FACTOR = 1.3;
const PREPACKED_FACTOR_16BIT = 1.9;
/**
 * Tokens run through the loaded blocks before the next are loaded: enough that computing takes many times
 * longer than reading the weights, and no more, since unfinished results are lost when the program stops.
 */
const WAVE_TOKENS = 8192;

/** Layout of the head's weights, which have a row for each token of the vocabulary. */
export interface HeadLayout {
  /** Whether they are used in place in their files. */
  readonly frugal: boolean;
  /** Maximum bytes of them used at once, as float32. */
  readonly tileBytesMax: number;
}

/** Memory layout of a model during scoring. */
export interface ScoringLayout {
  /** Blocks whose weights are held at once. */
  readonly blocksAtOnce: number;
  /** Batches run through the loaded blocks before the next blocks are loaded. */
  readonly batchesAtOnce: number;
  /** Whether weights are used in place in their files. */
  readonly frugal: boolean;
  /** Layout of the head's weights. */
  readonly head: HeadLayout;
  /** Total bytes of weights and activations. */
  readonly bytes: number;
}

/** Upper bound of a head tile; GPUs cap buffer size. */
export const HEAD_TILE_BYTES_MAX = 2 ** 29;
/** Layout of the head where all of its weights fit in memory. */
export const PREPACKED_HEAD: HeadLayout = { frugal: false, tileBytesMax: HEAD_TILE_BYTES_MAX };
/** Returns the layout of a model held whole and prepacked. */
export function prepackedWhole({ layers }: Pick<LlamaConfig, "layers">) {
  return { blocksAtOnce: layers, batchesAtOnce: 1, frugal: false, head: PREPACKED_HEAD };
}

/** Lower bound of a head tile, even if memory is short. */
const HEAD_TILE_BYTES_MIN = 2 ** 24;

/**
 * Chooses the layout of a model: whole and prepacked, whole and in place in its files, or some blocks at a
 * time, whichever fits first.
 *
 * @param fileBytes Bytes of its weights in their files.
 * @param memoryBytes Available memory in bytes.
 * @param blocks Blocks at once, if set by the user.
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
  const is16Bit = fileBytes < 0.9 * all;
  const factor = is16Bit ? PREPACKED_FACTOR_16BIT : PREPACKED_FACTOR;
  const room = WEIGHTS_FRACTION * memoryBytes;
  const { hiddenSize, layers, vocabSize } = config;
  const tile = Math.min(Math.max(block, HEAD_TILE_BYTES_MIN), HEAD_TILE_BYTES_MAX);
  if (blocks === undefined || blocks >= layers) {
    if (factor * all <= room) {
      return { ...prepackedWhole(config), bytes: factor * all + activations };
    }
    // One block's weights are temporarily held as float32; the OS can evict the file's pages.
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
  // No more hidden states are held while the head is loaded than while blocks are.
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
 * Returns the number of texts that can be generated at once, given the memory of their KV cache.
 *
 * @param tokens Tokens of the longest text, the new ones included.
 * @returns A power of two, at most 16, so that the batch does not depend on small differences.
 */
export function writingRows(config: LlamaConfig, memoryBytes: number, tokens: number): number {
  const { headDim, keyValueHeads, layers } = config;
  // Keys and values, and as much again for their replacements.
  const row = 2 * 2 * FLOAT_BYTES * layers * keyValueHeads * headDim * tokens;
  const fit = Math.floor((WAITING_FRACTION * memoryBytes) / row);
  return 2 ** Math.floor(Math.log2(Math.min(16, Math.max(1, fit))));
}
