import { addBlockLoss, type BlockLoss } from "./block_loss.ts";

/** Elements of a block, and of a part of it with a scale of its own. */
const ELEMENTS = 256;
const PART = 16;
const BYTES = 210;
/** Where high bits, scales and the block's scale begin; the low bits come first. */
const [HIGH, SCALES, SCALE] = [128, 192, 208];
/** Steps by which the search departs from the plain scale, in tenths of a level. */
const SEARCH = 9;

/** Blocks of Q6_K: 16 parts of 16 elements, each with a scale of 8 bits. */
export function quantiseQ6K(values: Float32Array, blocks: Uint8Array, loss: BlockLoss): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const levels = new Uint8Array(ELEMENTS);
  const scales = new Float32Array(ELEMENTS / PART);
  for (let from = 0, to = 0; from < values.length; from += ELEMENTS, to += BYTES) {
    let extreme = 0;
    for (let part = 0; part < scales.length; part++) {
      const at = from + part * PART;
      const scale = scales[part] = bestScale(values.subarray(at, at + PART));
      if (Math.abs(scale) > Math.abs(extreme)) extreme = scale;
    }
    blocks.fill(0, to, to + BYTES);
    if (extreme === 0 || !Number.isFinite(extreme)) {
      // Nothing but zeros; or what is no number, which the scale then shows.
      view.setFloat16(to + SCALE, extreme, true);
      continue;
    }
    view.setFloat16(to + SCALE, extreme / -128, true);
    const scale = view.getFloat16(to + SCALE, true);
    for (let part = 0; part < scales.length; part++) {
      const rounded = Math.min(127, Math.round((-128 / extreme) * scales[part]));
      view.setInt8(to + SCALES + part, rounded);
      const step = scale * rounded;
      for (let i = part * PART; i < (part + 1) * PART; i++) {
        levels[i] = step === 0 ? 32 : levelOf(values[from + i] / step) + 32;
      }
    }
    pack(levels, blocks, to);
  }
  const after = new Float32Array(values.length);
  dequantiseQ6K(blocks, after);
  addBlockLoss(values, after, loss);
}

/** Rounds to a level from -32 to 31. */
function levelOf(scaled: number): number {
  // Rounded by truncation of what is positive.
  const level = ((scaled + 64.5) | 0) - 64;
  return level < -32 ? -32 : level > 31 ? 31 : level;
}

/** Scale of least weighted squared error; large values weigh more. */
function bestScale(values: Float32Array): number {
  let extreme = 0;
  for (let i = 0; i < PART; i++) {
    if (!(Math.abs(values[i]) <= Math.abs(extreme))) extreme = values[i];
  }
  if (Math.abs(extreme) < 1e-15 || !Number.isFinite(extreme)) {
    return Number.isFinite(extreme) ? 0 : NaN;
  }
  let [best, scale] = [-1, 0];
  for (let step = -SEARCH; step <= SEARCH; step++) {
    const inverse = -(32 + 0.1 * step) / extreme;
    let [products, squares] = [0, 0];
    for (let i = 0; i < PART; i++) {
      const value = values[i];
      const level = levelOf(value * inverse);
      const weight = value * value;
      products += weight * value * level;
      squares += weight * level * level;
    }
    if (squares > 0 && products * products > best * squares) {
      scale = products / squares;
      best = scale * products;
    }
  }
  return scale;
}

function pack(levels: Uint8Array, blocks: Uint8Array, to: number): void {
  for (let half = 0; half < 2; half++) {
    const [low, high, from] = [to + 64 * half, to + HIGH + 32 * half, 128 * half];
    for (let i = 0; i < 32; i++) {
      const [a, b, c, d] = [0, 32, 64, 96].map((offset) => levels[from + offset + i]);
      blocks[low + i] = (a & 15) | ((c & 15) << 4);
      blocks[low + 32 + i] = (b & 15) | ((d & 15) << 4);
      blocks[high + i] = (a >> 4) | ((b >> 4) << 2) | ((c >> 4) << 4) | ((d >> 4) << 6);
    }
  }
}

/** The numbers of blocks of Q6_K. */
export function dequantiseQ6K(blocks: Uint8Array, values: Float32Array): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let to = 0, from = 0; to < values.length; to += ELEMENTS, from += BYTES) {
    const scale = view.getFloat16(from + SCALE, true);
    for (let i = 0; i < ELEMENTS; i++) {
      const half = i >> 7;
      const quarter = (i >> 5) & 3;
      const low = blocks[from + 64 * half + 32 * (quarter & 1) + (i & 31)];
      const high = blocks[from + HIGH + 32 * half + (i & 31)];
      const level = ((low >> (4 * (quarter >> 1))) & 15) | (((high >> (2 * quarter)) & 3) << 4);
      const step = Math.fround(scale * view.getInt8(from + SCALES + (i >> 4)));
      values[to + i] = step * (level - 32);
    }
  }
}
