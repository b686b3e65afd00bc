import { InputError } from "../../input/input_error.ts";
import type { LlamaConfig } from "./llama_config.ts";
import type { RopeScaling } from "./rope_scaling.ts";

/** Cosines and sines of the rotation at every position, [positions, headDim / 2] each. */
export interface RopeTable {
  /** Row-major cosines, times the attention factor. */
  readonly cos: Float32Array<ArrayBuffer>;
  /** Row-major sines, times the attention factor. */
  readonly sin: Float32Array<ArrayBuffer>;
}

/**
 * Computes rotary position embeddings in Hugging Face's half-split layout, in double precision.
 *
 * @param config Model config; its scaling is applied.
 * @param positions Number of positions, from 0.
 * @param scale Factor on both tables; attention folds 1/sqrt(headDim) into the query's.
 * @param length Longest text in tokens, for dynamic scaling; set it if the tables are longer than that.
 */
export function ropeTable(
  config: LlamaConfig,
  positions: number,
  scale = 1,
  length = positions,
): RopeTable {
  const { frequencies, attentionFactor } = ropeFrequencies(config, length);
  const half = frequencies.length;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i];
      cos[position * half + i] = Math.cos(angle) * attentionFactor * scale;
      sin[position * half + i] = Math.sin(angle) * attentionFactor * scale;
    }
  }
  return { cos, sin };
}

/** Returns the angle per position of each pair, in radians, and the factor on cosines and sines. */
export function ropeFrequencies(
  config: LlamaConfig,
  positions: number,
): { frequencies: number[]; attentionFactor: number } {
  const { headDim, ropeTheta, ropeScaling: scaling, positionsMax } = config;
  const plain = (theta: number) =>
    Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim));
  const unscaled = plain(ropeTheta);
  switch (scaling.kind) {
    case "default":
      return { frequencies: unscaled, attentionFactor: 1 };
    case "linear":
      return { frequencies: unscaled.map((f) => f / scaling.factor), attentionFactor: 1 };
    case "dynamic": {
      const length = Math.max(positions, positionsMax);
      const stretch = (scaling.factor * length) / positionsMax - (scaling.factor - 1);
      const theta = ropeTheta * stretch ** (headDim / (headDim - 2));
      return { frequencies: plain(theta), attentionFactor: 1 };
    }
    case "llama3":
      return { frequencies: unscaled.map((f) => llama3(f, scaling)), attentionFactor: 1 };
    case "yarn":
      return yarn(unscaled, config, scaling);
    case "longrope":
      return longRope(unscaled, scaling);
  }
}

function llama3(frequency: number, scaling: RopeScaling & { kind: "llama3" }): number {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = scaling;
  const turns = (scaling.originalPositions * frequency) / (2 * Math.PI);
  if (turns > high) return frequency;
  if (turns < low) return frequency / factor;
  const smooth = (turns - low) / (high - low);
  return frequency * ((1 - smooth) / factor + smooth);
}

function longRope(
  unscaled: number[],
  { attentionFactor, factors }: RopeScaling & { kind: "longrope" },
): { frequencies: number[]; attentionFactor: number } {
  if (factors.length !== unscaled.length) {
    throw new InputError(
      `Cannot read model config: short_factor has ${factors.length} numbers, want ${unscaled.length}`,
    );
  }
  return { frequencies: unscaled.map((frequency, i) => frequency / factors[i]), attentionFactor };
}

function yarn(
  unscaled: number[],
  { headDim, ropeTheta }: LlamaConfig,
  scaling: RopeScaling & { kind: "yarn" },
): { frequencies: number[]; attentionFactor: number } {
  const { factor, originalPositions } = scaling;
  const pairOfTurns = (turns: number) =>
    (headDim * Math.log(originalPositions / (2 * Math.PI * turns))) / (2 * Math.log(ropeTheta));
  const [floor, ceil] = scaling.truncate ? [Math.floor, Math.ceil] : [Number, Number];
  const low = Math.max(floor(pairOfTurns(scaling.betaFast)), 0);
  const high = Math.min(ceil(pairOfTurns(scaling.betaSlow)), headDim - 1);
  const frequencies = unscaled.map((frequency, i) => {
    const ramp = Math.min(Math.max((i - low) / Math.max(high - low, 0.001), 0), 1);
    return (frequency / factor) * ramp + frequency * (1 - ramp);
  });
  const attentionFactor = scaling.attentionFactor ??
    (factor > 1 ? 0.1 * Math.log(factor) + 1 : 1);
  return { frequencies, attentionFactor };
}
