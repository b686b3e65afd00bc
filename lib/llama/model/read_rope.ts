import type { ConfigFile } from "./config_file.ts";
import type { Family } from "./families.ts";
import { parseRopeScaling, type RopeKeys, type RopeScaling } from "./rope_scaling.ts";

/** Rotations of a model. */
export interface Rope {
  /** Base. */
  readonly theta: number;
  /** How they are stretched. */
  readonly scaling: RopeScaling;
  /** Part of a head that is rotated. */
  readonly part: number;
  /** Base of layers with a window, where they have their own. */
  readonly windowTheta: number | undefined;
}

/**
 * Rotations, as transformers finds them: `rope_scaling` before `rope_parameters`, whose base is lost then. Families
 * with windows of their own base have one of each kind.
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
