import type { Graph } from "../graph/graph.ts";
import { gatherRows } from "../graph/operators/gather.ts";
import { reshape } from "../graph/operators/reshape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { LlamaConfig } from "./config.ts";
import type { BlockConstants } from "./decoder_block.ts";
import { ropeTable } from "./rope.ts";

/**
 * Rotations of tokens by positions that are fed, where they are not simply those of the row.
 *
 * @param positions int32, shape [rows, tokens], each below `length`.
 * @param length Rows of the table; it may be longer than any text, which dynamic scaling must not see.
 */
export function positionRotations(
  graph: Graph,
  config: LlamaConfig,
  positions: Tensor,
  length: number,
): Pick<BlockConstants, "keyRotation" | "queryRotation"> {
  const half = config.headDim / 2;
  const textMax = Math.min(length, config.positionsMax);
  const rotation = (scale: number, gap: number[]): [Tensor, Tensor] => {
    const { cos, sin } = ropeTable(config, length, scale, textMax);
    const gather = (table: Float32Array<ArrayBuffer>) =>
      reshape(
        gatherRows(graph.constant("float32", [length, half], table), positions),
        [...positions.dims, ...gap, half],
      );
    return [gather(cos), gather(sin)];
  };
  return {
    queryRotation: rotation(1 / Math.sqrt(config.headDim), [1, 1]),
    keyRotation: rotation(1, [1]),
  };
}
