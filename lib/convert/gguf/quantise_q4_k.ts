import { addBlockLoss, type BlockLoss } from "./block_loss.ts";

/** Elements of a block, and of a part of it with a scale and a minimum of its own. */
const ELEMENTS = 256;
const PART = 32;
const PARTS = ELEMENTS / PART;
const BYTES = 144;
/** Where scales and minima, and the levels, begin; two float16 come first. */
const [SCALES, LEVELS] = [4, 16];
/** Steps of the search for a scale. */
const SEARCH = 20;

/** A part as an affine function of its levels: value = scale x level - minimum. */
interface Line {
  readonly scale: number;
  readonly minimum: number;
}

/** Blocks of Q4_K: 8 parts of 32 elements, each with a scale and a minimum of 6 bits. */
export function quantiseQ4K(values: Float32Array, blocks: Uint8Array, loss: BlockLoss): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let from = 0, to = 0; from < values.length; from += ELEMENTS, to += BYTES) {
    const lines = Array.from({ length: PARTS }, (_, part) => {
      const at = from + part * PART;
      return bestLine(values.subarray(at, at + PART));
    });
    const [scaleMax, minimumMax] = [
      lines.reduce((most, { scale }) => Math.max(most, scale), 0),
      lines.reduce((most, { minimum }) => Math.max(most, minimum), 0),
    ];
    view.setFloat16(to, scaleMax / 63, true);
    view.setFloat16(to + 2, minimumMax / 63, true);
    const [scale, minimum] = [view.getFloat16(to, true), view.getFloat16(to + 2, true)];
    const six = (value: number, most: number) =>
      most > 0 ? Math.min(63, Math.round((63 / most) * value)) : 0;
    blocks.fill(0, to + SCALES, to + BYTES);
    for (const [part, line] of lines.entries()) {
      const some = values.subarray(from + part * PART, from + (part + 1) * PART);
      const [s, m] = refine(
        some,
        [scale, minimum],
        [six(line.scale, scaleMax), six(line.minimum, minimumMax)],
      );
      packScale(blocks, to + SCALES, part, s, m);
      const [step, offset] = [scale * s, minimum * m];
      const high = (part & 1) * 4;
      const at = to + LEVELS + (part >> 1) * PART;
      const inverse = step === 0 ? 0 : 1 / step;
      for (let i = 0; i < PART; i++) blocks[at + i] |= levelOf(some[i], inverse, offset) << high;
    }
  }
  const after = new Float32Array(values.length);
  dequantiseQ4K(blocks, after);
  addBlockLoss(values, after, loss);
}

function levelOf(value: number, inverse: number, offset: number): number {
  // Rounded by truncation, since what is negative becomes 0 anyway.
  const level = ((value + offset) * inverse + 0.5) | 0;
  return level < 0 ? 0 : level > 15 ? 15 : level;
}

/** Of a scale and a minimum of 6 bits and their neighbours, the pair of least squared error. */
function refine(
  values: Float32Array,
  [scale, minimum]: [number, number],
  [s, m]: [number, number],
): [number, number] {
  let [best, bestError] = [[s, m] as [number, number], Infinity];
  for (const near of [s, s - 1, s + 1]) {
    for (const low of [m, m - 1, m + 1]) {
      if (near < 0 || near > 63 || low < 0 || low > 63) continue;
      const [step, offset] = [scale * near, minimum * low];
      const inverse = step === 0 ? 0 : 1 / step;
      let error = 0;
      for (let i = 0; i < PART; i++) {
        const difference = step * levelOf(values[i], inverse, offset) - offset - values[i];
        error += difference * difference;
      }
      if (error < bestError) [best, bestError] = [[near, low], error];
    }
  }
  return best;
}

/** Scale and minimum of least weighted squared error; large values weigh more. */
function bestLine(values: Float32Array): Line {
  let [low, high, squares] = [Infinity, -Infinity, 0];
  for (let i = 0; i < PART; i++) {
    const value = values[i];
    if (value < low) low = value;
    if (value > high) high = value;
    squares += value * value;
  }
  if (!Number.isFinite(squares)) return { scale: NaN, minimum: NaN };
  low = Math.min(0, low);
  if (high === low) return { scale: 0, minimum: -low };
  const mean = Math.sqrt(squares / values.length);
  let best = { scale: (high - low) / 15, minimum: -low };
  let bestError = Infinity;
  const consider = (line: Line) => {
    const error = errorOf(values, mean, line);
    if (error < bestError) [best, bestError] = [line, error];
  };
  consider(best);
  for (let step = 0; step <= SEARCH; step++) {
    const inverse = (14 + 0.1 * step) / (high - low);
    const line = fit(values, mean, low, inverse);
    if (line) consider(line);
  }
  return best;
}

/** The line that fits values best, given the levels that a scale makes of them. */
function fit(
  values: Float32Array,
  mean: number,
  low: number,
  inverse: number,
): Line | undefined {
  let [w, x, l, ll, xl] = [0, 0, 0, 0, 0];
  for (let i = 0; i < PART; i++) {
    const value = values[i];
    const level = levelOf(value, inverse, -low);
    const weight = mean + Math.abs(value);
    w += weight;
    x += weight * value;
    l += weight * level;
    ll += weight * level * level;
    xl += weight * value * level;
  }
  const determinant = w * ll - l * l;
  if (!(determinant > 0)) return undefined;
  const minimum = (ll * x - l * xl) / determinant;
  return minimum > 0
    ? { scale: xl / ll, minimum: 0 }
    : { scale: (w * xl - x * l) / determinant, minimum: -minimum };
}

function errorOf(values: Float32Array, mean: number, { minimum, scale }: Line): number {
  const inverse = scale === 0 ? 0 : 1 / scale;
  let error = 0;
  for (let i = 0; i < PART; i++) {
    const value = values[i];
    const difference = scale * levelOf(value, inverse, minimum) - minimum - value;
    error += (mean + Math.abs(value)) * difference * difference;
  }
  return error;
}

/** Scales and minima of 6 bits: four of each in whole bytes, whose upper bits hold those of the other four. */
function packScale(blocks: Uint8Array, at: number, part: number, scale: number, minimum: number) {
  if (part < 4) {
    blocks[at + part] |= scale;
    blocks[at + part + 4] |= minimum;
    return;
  }
  blocks[at + part + 4] |= (scale & 15) | ((minimum & 15) << 4);
  blocks[at + part - 4] |= (scale >> 4) << 6;
  blocks[at + part] |= (minimum >> 4) << 6;
}

/** The numbers of blocks of Q4_K. */
export function dequantiseQ4K(blocks: Uint8Array, values: Float32Array): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let to = 0, from = 0; to < values.length; to += ELEMENTS, from += BYTES) {
    const [scale, minimum] = [view.getFloat16(from, true), view.getFloat16(from + 2, true)];
    for (let part = 0; part < PARTS; part++) {
      const at = from + SCALES;
      const [s, m] = part < 4 ? [blocks[at + part] & 63, blocks[at + part + 4] & 63] : [
        (blocks[at + part + 4] & 15) | ((blocks[at + part - 4] >> 6) << 4),
        (blocks[at + part + 4] >> 4) | ((blocks[at + part] >> 6) << 4),
      ];
      const [step, offset] = [Math.fround(scale * s), Math.fround(minimum * m)];
      for (let i = 0; i < PART; i++) {
        const byte = blocks[from + LEVELS + (part >> 1) * PART + i];
        values[to + part * PART + i] = Math.fround(step * ((byte >> (4 * (part & 1))) & 15)) -
          offset;
      }
    }
  }
}
