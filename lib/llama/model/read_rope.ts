import type { ConfigFile } from "./config_file.ts";
import type { Family } from "./families.ts";
import { parseRopeScaling, type RopeKeys, type RopeScaling } from "./rope_scaling.ts";

/** Rope settings of a model. */
export interface Rope {
  /** Base. */
  readonly theta: number;
  /** Scaling for long contexts. */
  readonly scaling: RopeScaling;
  /** Fraction of each head that is rotated. */
  readonly part: number;
  /** Base of sliding-window layers, where they have a separate one. */
  readonly windowTheta: number | undefined;
}

/**
 * Reads rope settings as transformers does: `rope_scaling` takes precedence over `rope_parameters`, whose
 * base is then ignored. Families with a separate base for sliding windows have one of each kind.
 */
export function readRope(
  file: ConfigFile,
  { partialRotation, ropeTheta = 10000, windowRopeTheta }: Family,
): Rope {
  const { max_position_embeddings: positions, rope_parameters: newer, rope_scaling: older } = file;
  const nested = newer && "full_attention" in newer ? newer : undefined;
  const flat = newer && !nested && windowRopeTheta === undefined ? newer as RopeKeys : undefined;
  const rope: RopeKeys | undefined = nested
    ? { ...nested.full_attention, ...older }
    : older && Object.keys(older).length > 0
    ? older
    : flat;
  const theta = rope?.rope_theta ?? file.rope_theta ?? ropeTheta;
  const original = file.original_max_position_embeddings ?? undefined;
  const windowTheta = nested?.sliding_attention?.rope_theta ?? file.rope_local_base_freq ??
    windowRopeTheta;
  return {
    theta,
    scaling: parseRopeScaling(rope, positions, original),
    part: partialRotation ? rope?.partial_rotary_factor ?? file.partial_rotary_factor ?? 1 : 1,
    windowTheta: windowRopeTheta === undefined ? undefined : windowTheta,
  };
}
