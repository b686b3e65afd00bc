import { Graph, type Tensor } from "../../graph/graph.ts";
import { subtract } from "../../graph/operators/arithmetic.ts";
import { and, equal, lessOrEqual, or, where } from "../../graph/operators/compare.ts";
import { gatherRows } from "../../graph/operators/gather.ts";
import { reshape } from "../../graph/operators/reshape.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { type BlockConstants } from "../model/decoder_block.ts";
import { byLayerKind, type LayerKind } from "../model/layer_kind.ts";
import { embedTokens } from "../model/embed_tokens.ts";
import { positionRotations } from "../model/position_rotations.ts";
import type { ScoringShape } from "./scoring_batch.ts";
import { tiledHead } from "./tiled_head.ts";
import type { ParameterSource } from "../model/parameter_source.ts";
import { type BlockRange, decoderStack } from "../model/decoder_stack.ts";

/** Maximum bytes of attention scores computed at once. */
const SCORES_BYTES_MAX = 2 ** 28;

/** Returns the number of query tokens per row whose attention is computed at once. */
export function queryRowsMax({ heads }: LlamaConfig, { rows, sequence }: ScoringShape): number {
  return Math.max(16, Math.floor(SCORES_BYTES_MAX / (4 * rows * heads * sequence)));
}

/**
 * Builds a graph of some blocks over packed rows, from `tokens`, or from the `hidden` of earlier
 * blocks as `before`, to `hidden`.
 *
 * A token attends to earlier tokens of its branch and trunk, and is rotated by its position in its text, not
 * in the row, so other texts in the row do not affect it.
 */
export function bodyGraph(
  config: LlamaConfig,
  { rows, sequence }: ScoringShape,
  range: BlockRange,
  parameter: ParameterSource,
): Graph {
  const graph = new Graph(`llama_blocks_${range.from}_${range.to}`);
  const plane = (name: string) => graph.input(name, "int32", [rows, sequence]);
  const [positions, branches, trunks] = ["positions", "branches", "trunks"].map(plane);
  const constants = byLayerKind(
    config,
    (kind) => packedConstants(graph, config, { positions, branches, trunks }, kind),
  );
  const hidden = range.from === 0
    ? embedTokens(plane("tokens"), config, parameter)
    : graph.input("before", "float32", [rows, sequence, config.hiddenSize]);
  graph.output("hidden", decoderStack(hidden, config, parameter, constants, range));
  return graph;
}

/**
 * Builds a graph that scores chosen tokens: from `hidden`, `places` (rows of the flattened `hidden`) and
 * `targets` to `losses` (negative log-probabilities) and `argmax`. Logits of the whole vocabulary never leave
 * the graph.
 *
 * @param count Number of `places` per run.
 * @param tileBytesMax Maximum bytes of head weights used at once.
 */
export function headGraph(
  config: LlamaConfig,
  { rows, sequence }: ScoringShape,
  count: number,
  parameter: ParameterSource,
  tileBytesMax: number,
): Graph {
  const graph = new Graph("llama_head");
  const { hiddenSize } = config;
  const hidden = graph.input("hidden", "float32", [rows, sequence, hiddenSize]);
  const places = graph.input("places", "int32", [count]);
  const targets = graph.input("targets", "int32", [count]);
  const chosen = gatherRows(reshape(hidden, [rows * sequence, hiddenSize]), places);
  const { argmax, losses } = tiledHead(chosen, targets, config, parameter, tileBytesMax);
  graph.output("losses", losses);
  graph.output("argmax", argmax);
  return graph;
}

/** Returns the distance from a query to the furthest key in its window. */
export function furthest(graph: Graph, window: number): Tensor {
  return graph.scalar("int32", window - 1);
}

function packedConstants(
  graph: Graph,
  config: LlamaConfig,
  { branches, positions, trunks }: Record<"branches" | "positions" | "trunks", Tensor>,
  { rotation, window }: LayerKind,
): BlockConstants {
  const [rows, sequence] = positions.dims;
  const column = (x: Tensor) => reshape(x, [rows, sequence, 1]);
  const row = (x: Tensor) => reshape(x, [rows, 1, sequence]);
  const order = Int32Array.from({ length: sequence }, (_, place) => place);
  const place = graph.constant("int32", [1, sequence, 1], order);
  const earlier = lessOrEqual(graph.constant("int32", [1, 1, sequence], order), place);
  const sameText = or(
    equal(column(branches), row(branches)),
    equal(column(trunks), row(branches)),
  );
  const near = window === undefined || window >= sequence ? earlier : and(
    earlier,
    lessOrEqual(subtract(column(positions), row(positions)), furthest(graph, window)),
  );
  const mask = where(
    and(sameText, near),
    graph.scalar("float32", 0),
    graph.scalar("float32", -1e30),
  );
  return {
    ...positionRotations(graph, config, positions, sequence, rotation),
    queryRowsMax: queryRowsMax(config, { rows, sequence }),
    mask: reshape(mask, [rows, 1, 1, sequence, sequence]),
  };
}
