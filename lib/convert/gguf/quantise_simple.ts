import { addBlockLoss, type BlockLoss } from "./block_loss.ts";

const ELEMENTS = 32;
const Q80_BYTES = 34;
const Q40_BYTES = 18;

/** Blocks of Q8_0: a scale as f16, then 32 bytes. All arithmetic is in float32, as llama.cpp's reference does it. */
export function quantiseQ80(values: Float32Array, blocks: Uint8Array, loss: BlockLoss): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const words = new Int32Array(values.buffer, values.byteOffset, values.length);
  let { errors, largest, squares } = loss;
  for (let from = 0, to = 0; from < values.length; from += ELEMENTS, to += Q80_BYTES) {
    let most = 0;
    for (let i = from; i < from + ELEMENTS; i++) {
      const magnitude = Math.abs(values[i]);
      // False for NaN, which then is the largest.
      if (!(magnitude <= most)) most = magnitude;
    }
    const scale = Math.fround(most / 127);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    view.setFloat16(to, scale, true);
    const stored = view.getFloat16(to, true);
    for (let i = 0; i < ELEMENTS; i++) {
      const magnitude = Math.abs(values[from + i]);
      // Half away from zero; the sign without a branch, which no processor predicts.
      const level = (Math.fround(magnitude * inverse) + 0.5) | 0;
      const sign = words[from + i] >> 31;
      blocks[to + 2 + i] = (level ^ sign) - sign;
      const error = Math.abs(magnitude - level * stored);
      if (error > largest) largest = error;
      errors += error * error;
      squares += magnitude * magnitude;
    }
  }
  loss.largest = largest;
  loss.errors = errors;
  loss.squares = squares;
}

/** The numbers of blocks of Q8_0. */
export function dequantiseQ80(blocks: Uint8Array, values: Float32Array): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let to = 0, from = 0; to < values.length; to += ELEMENTS, from += Q80_BYTES) {
    const scale = view.getFloat16(from, true);
    for (let i = 0; i < ELEMENTS; i++) values[to + i] = view.getInt8(from + 2 + i) * scale;
  }
}

/** Blocks of Q4_0: a scale as f16, then 16 bytes; the low half of byte j is element j, the high half j + 16. */
export function quantiseQ40(values: Float32Array, blocks: Uint8Array, loss: BlockLoss): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let from = 0, to = 0; from < values.length; from += ELEMENTS, to += Q40_BYTES) {
    let [most, extreme] = [0, 0];
    for (let i = from; i < from + ELEMENTS; i++) {
      const magnitude = Math.abs(values[i]);
      if (magnitude > most) [most, extreme] = [magnitude, values[i]];
    }
    const scale = Math.fround(extreme / -8);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    view.setFloat16(to, scale, true);
    for (let i = 0; i < ELEMENTS / 2; i++) {
      const low = level(Math.fround(values[from + i] * inverse));
      const high = level(Math.fround(values[from + i + ELEMENTS / 2] * inverse));
      blocks[to + 2 + i] = low | (high << 4);
    }
  }
  const after = new Float32Array(values.length);
  dequantiseQ40(blocks, after);
  addBlockLoss(values, after, loss);
}

function level(scaled: number): number {
  return Math.min(15, Math.max(0, Math.trunc(Math.fround(scaled + 8.5))));
}

/** The numbers of blocks of Q4_0. */
export function dequantiseQ40(blocks: Uint8Array, values: Float32Array): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let to = 0, from = 0; to < values.length; to += ELEMENTS, from += Q40_BYTES) {
    const scale = view.getFloat16(from, true);
    for (let i = 0; i < ELEMENTS / 2; i++) {
      const byte = blocks[from + 2 + i];
      values[to + i] = ((byte & 15) - 8) * scale;
      values[to + i + ELEMENTS / 2] = ((byte >> 4) - 8) * scale;
    }
  }
}
