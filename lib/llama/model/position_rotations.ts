import type { Graph, Tensor } from "../../graph/graph.ts";
import { gatherRows } from "../../graph/operators/gather.ts";
import { reshape } from "../../graph/operators/reshape.ts";
import type { LlamaConfig } from "./llama_config.ts";
import { attentionScale, type BlockConstants } from "./decoder_block.ts";
import type { LayerKind } from "./layer_kind.ts";
import { ropeTable } from "./rope.ts";

const PLAIN = { kind: "default" } as const;

/**
 * Returns rotations by position inputs, for tokens whose positions are not their row indices.
 *
 * @param positions int32, shape [rows, tokens], each below `length`.
 * @param kind Kind of rotations.
 * @param length Rows of the table; may exceed the longest text, so dynamic scaling must not depend on it.
 */
export function positionRotations(
  graph: Graph,
  config: LlamaConfig,
  positions: Tensor,
  length: number,
  kind: LayerKind["rotation"],
): Pick<BlockConstants, "keyRotation" | "queryRotation"> {
  if (kind === "none") return { queryRotation: undefined, keyRotation: undefined };
  const { rotaryDim = config.headDim, windowRopeTheta } = config.traits ?? {};
  const half = rotaryDim / 2;
  const rope = {
    ...config,
    headDim: rotaryDim,
    ...(kind === "window" ? { ropeTheta: windowRopeTheta!, ropeScaling: PLAIN } : {}),
  };
  const textMax = Math.min(length, config.positionsMax);
  const rotation = (scale: number, gap: number[]): [Tensor, Tensor] => {
    const { cos, sin } = ropeTable(rope, length, scale, textMax);
    const gather = (table: Float32Array<ArrayBuffer>) =>
      reshape(
        gatherRows(graph.constant("float32", [length, half], table), positions),
        [...positions.dims, ...gap, half],
      );
    return [gather(cos), gather(sin)];
  };
  return {
    queryRotation: rotation(attentionScale(config), [1, 1]),
    keyRotation: rotation(1, [1]),
  };
}
