import type { BlockLoss } from "./block_loss.ts";
import { dequantiseQ4K, quantiseQ4K } from "./quantise_q4_k.ts";
import { dequantiseQ6K, quantiseQ6K } from "./quantise_q6_k.ts";
import { dequantiseQ40, dequantiseQ80, quantiseQ40, quantiseQ80 } from "./quantise_simple.ts";

/** How a GGUF type stores a row of numbers. */
export interface BlockType {
  /** Number of the type in files. */
  readonly code: number;
  /** Elements that are stored together. */
  readonly elements: number;
  /** Bytes of these. */
  readonly bytes: number;
  /** Quantises whole blocks and adds up what that loses; undefined for floats. */
  readonly quantise?: (values: Float32Array, blocks: Uint8Array, loss: BlockLoss) => void;
  /** The numbers that blocks stand for; undefined for floats. */
  readonly dequantise?: (blocks: Uint8Array, values: Float32Array) => void;
}

/** Types of tensors by their names in GGUF. */
export const BLOCK_TYPES = {
  F32: { code: 0, elements: 1, bytes: 4 },
  F16: { code: 1, elements: 1, bytes: 2 },
  BF16: { code: 30, elements: 1, bytes: 2 },
  F64: { code: 28, elements: 1, bytes: 8 },
  Q8_0: {
    code: 8,
    elements: 32,
    bytes: 34,
    quantise: quantiseQ80,
    dequantise: dequantiseQ80,
  },
  Q4_0: {
    code: 2,
    elements: 32,
    bytes: 18,
    quantise: quantiseQ40,
    dequantise: dequantiseQ40,
  },
  Q4_K: {
    code: 12,
    elements: 256,
    bytes: 144,
    quantise: quantiseQ4K,
    dequantise: dequantiseQ4K,
  },
  Q6_K: {
    code: 14,
    elements: 256,
    bytes: 210,
    quantise: quantiseQ6K,
    dequantise: dequantiseQ6K,
  },
} as const satisfies Record<string, BlockType>;

/** Name of a type. */
export type BlockTypeName = keyof typeof BLOCK_TYPES;
