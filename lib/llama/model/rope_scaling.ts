import { InputError } from "../../input/input_error.ts";
import * as v from "valibot";

/** Scaling of rotary frequencies for contexts longer than those of training. */
export type RopeScaling =
  | { kind: "default" }
  | { kind: "linear" | "dynamic"; factor: number }
  | {
    kind: "llama3";
    factor: number;
    lowFrequencyFactor: number;
    highFrequencyFactor: number;
    originalPositions: number;
  }
  | {
    kind: "yarn";
    factor: number;
    betaFast: number;
    betaSlow: number;
    originalPositions: number;
    /** Factor on both tables; undefined for the default derived from `factor`. */
    attentionFactor: number | undefined;
    /** Whether the ramp begins and ends at whole pairs. */
    truncate: boolean;
  }
  | {
    kind: "longrope";
    /** Divisor of each frequency, for texts of up to `originalPositions` tokens; longer texts use others. */
    factors: readonly number[];
    originalPositions: number;
    /** Factor on both tables. */
    attentionFactor: number;
  };

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const factors = v.pipe(v.array(positive), v.minLength(1), v.maxLength(4096));

/** Keys of `rope_scaling` and `rope_parameters`. */
export const ROPE_SCHEMA = v.object({
  rope_type: v.optional(v.string()),
  type: v.optional(v.string()),
  rope_theta: v.optional(positive),
  factor: v.nullish(positive),
  low_freq_factor: v.optional(positive),
  high_freq_factor: v.optional(positive),
  original_max_position_embeddings: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 30)),
  ),
  beta_fast: v.optional(positive),
  beta_slow: v.optional(positive),
  attention_factor: v.nullish(positive),
  mscale: v.nullish(v.number()),
  mscale_all_dim: v.nullish(v.number()),
  truncate: v.nullish(v.boolean()),
  partial_rotary_factor: v.optional(v.pipe(positive, v.maxValue(1))),
  short_factor: v.optional(factors),
  long_factor: v.optional(factors),
});

/** Parsed `rope_scaling` or `rope_parameters`. */
export type RopeKeys = v.InferOutput<typeof ROPE_SCHEMA>;

/**
 * Parses a rope scaling.
 *
 * @param original Top-level `original_max_position_embeddings`, if any.
 * @throws InputError naming the missing key or unknown type.
 */
export function parseRopeScaling(
  rope: RopeKeys | undefined,
  positionsMax: number,
  original: number | undefined,
): RopeScaling {
  const kind = rope?.rope_type ?? rope?.type ?? "default";
  const need = (key: "factor" | "low_freq_factor" | "high_freq_factor") => {
    const value = rope?.[key];
    if (value === undefined || value === null) {
      throw new InputError(
        `Cannot read model config: rope type ${kind} has no ${key}, want a number`,
      );
    }
    return value;
  };
  // The top-level key overrides the one inside the scaling.
  const originalPositions = original ?? rope?.original_max_position_embeddings ?? positionsMax;
  switch (kind) {
    case "default":
      return { kind };
    case "linear":
    case "dynamic":
      return { kind, factor: need("factor") };
    case "llama3":
      return {
        kind,
        factor: need("factor"),
        lowFrequencyFactor: need("low_freq_factor"),
        highFrequencyFactor: need("high_freq_factor"),
        originalPositions,
      };
    case "yarn":
      return {
        kind,
        factor: rope?.factor ?? positionsMax / originalPositions,
        betaFast: rope?.beta_fast ?? 32,
        betaSlow: rope?.beta_slow ?? 1,
        originalPositions,
        attentionFactor: rope?.attention_factor ?? scaledAttention(rope),
        truncate: rope?.truncate ?? true,
      };
    case "longrope":
      return {
        kind: "longrope",
        factors: shortFactors(rope),
        originalPositions,
        attentionFactor: rope?.attention_factor ??
          stretchFactor(rope?.factor ?? positionsMax / originalPositions, originalPositions),
      };
    default:
      throw new InputError(
        `Cannot read model config: rope type is "${kind}", want default, linear, dynamic, llama3, yarn or longrope`,
      );
  }
}

function stretchFactor(factor: number, originalPositions: number): number {
  return factor > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(originalPositions)) : 1;
}

function shortFactors(rope: RopeKeys | undefined): readonly number[] {
  if (rope?.short_factor && rope.long_factor) return rope.short_factor;
  throw new InputError(
    "Cannot read model config: rope type longrope has no short_factor or long_factor",
  );
}

/** Returns DeepSeek's form of yarn's attention factor: a ratio of two factors, if both scales are present. */
function scaledAttention(rope: RopeKeys | undefined): number | undefined {
  const { factor, mscale, mscale_all_dim: all } = rope ?? {};
  if (!factor || !mscale || !all) return undefined;
  const scale = (m: number) => factor > 1 ? 0.1 * m * Math.log(factor) + 1 : 1;
  return scale(mscale) / scale(all);
}

/** Formats a scaling as `rope_scaling`; null for none. */
export function formatRopeScaling(scaling: RopeScaling): Record<string, unknown> | null {
  switch (scaling.kind) {
    case "default":
      return null;
    case "linear":
    case "dynamic":
      return { rope_type: scaling.kind, factor: scaling.factor };
    case "longrope":
      throw new InputError("Cannot write model config: rope type longrope is read-only");
    case "llama3":
      return {
        rope_type: "llama3",
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalPositions,
      };
    case "yarn":
      return {
        rope_type: "yarn",
        factor: scaling.factor,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        original_max_position_embeddings: scaling.originalPositions,
        ...(scaling.attentionFactor ? { attention_factor: scaling.attentionFactor } : {}),
        ...(scaling.truncate ? {} : { truncate: false }),
      };
  }
}
