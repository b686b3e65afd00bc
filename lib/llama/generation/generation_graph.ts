import { Graph, type Tensor } from "../../graph/graph.ts";
import { expand, subtract } from "../../graph/operators/arithmetic.ts";
import { and, lessOrEqual, where } from "../../graph/operators/compare.ts";
import { scatter } from "../../graph/operators/gather.ts";
import { reshape } from "../../graph/operators/reshape.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { type BlockConstants } from "../model/decoder_block.ts";
import { byLayerKind, type LayerKind } from "../model/layer_kind.ts";
import { embedTokens } from "../model/embed_tokens.ts";
import { positionRotations } from "../model/position_rotations.ts";
import { furthest } from "../scoring/scoring_graphs.ts";
import type { ParameterSource } from "../model/parameter_source.ts";
import { HEAD_TILE_BYTES_MAX } from "../scoring/scoring_memory.ts";
import { tiledHead, tiledLogits } from "../scoring/tiled_head.ts";
import { decoderStack } from "../model/decoder_stack.ts";

/** Shape of a generation pass. */
export interface GenerationShape {
  /** Number of texts. */
  readonly rows: number;
  /** New tokens per text. */
  readonly tokens: number;
  /** KV cache capacity per text in tokens, including the new ones. */
  readonly capacity: number;
  /** Output of a pass over one token per text: the argmax of the logits, or the logits. */
  readonly result: "argmax" | "logits";
}

/** Returns the tensor names of a block's KV cache. */
export function cacheNames(layer: number): { keys: string; values: string } {
  return { keys: `keys.${layer}`, values: `values.${layer}` };
}

/**
 * Builds a graph that runs new tokens through the whole model with a KV cache. Inputs are `tokens`,
 * `positions` and, for each block, `keys.N` and `values.N`; outputs are `next.keys.N`, `next.values.N` and,
 * with one token per text, either `logits` or `argmax` and `total`.
 *
 * A token's position is its index in the cache; it attends to its own and lower indices.
 */
export function generationGraph(
  config: LlamaConfig,
  { capacity, result, rows, tokens }: GenerationShape,
  parameter: ParameterSource,
): Graph {
  const graph = new Graph(`llama_generation_${tokens}`);
  const { headDim, hiddenSize, keyValueHeads } = config;
  const ids = graph.input("tokens", "int32", [rows, tokens]);
  const positions = graph.input("positions", "int32", [rows, tokens]);
  const constants = byLayerKind(
    config,
    (kind) => cacheConstants(graph, config, positions, capacity, kind),
  );
  const indices = expand(
    reshape(positions, [rows, 1, tokens, 1]),
    [rows, keyValueHeads, tokens, headDim],
  );
  const update = (name: string, updates: Tensor) => {
    const before = graph.input(name, "float32", [rows, keyValueHeads, capacity, headDim]);
    const next = scatter(before, indices, updates, 2);
    graph.output(`next.${name}`, next);
    return next;
  };
  const hidden = decoderStack(embedTokens(ids, config, parameter), config, parameter, (layer) => {
    const names = cacheNames(layer);
    const cache = (keys: Tensor, values: Tensor) => ({
      keys: update(names.keys, keys),
      values: update(names.values, values),
    });
    return { ...constants(layer), cache };
  });
  if (tokens > 1) return graph;
  const last = reshape(hidden, [rows, hiddenSize]);
  if (result === "logits") {
    graph.output("logits", tiledLogits(last, config, parameter, HEAD_TILE_BYTES_MAX));
    return graph;
  }
  const targets = graph.constant("int32", [rows], new Int32Array(rows));
  const { argmax, total } = tiledHead(last, targets, config, parameter, HEAD_TILE_BYTES_MAX);
  graph.output("argmax", argmax);
  // A single NaN or infinity makes the sum non-finite, which reveals damaged weights.
  graph.output("total", total);
  return graph;
}

function cacheConstants(
  graph: Graph,
  config: LlamaConfig,
  positions: Tensor,
  capacity: number,
  { rotation, window }: LayerKind,
): BlockConstants {
  const [rows, tokens] = positions.dims;
  const order = Int32Array.from({ length: capacity }, (_, place) => place);
  const places = graph.constant("int32", [1, 1, capacity], order);
  const own = reshape(positions, [rows, tokens, 1]);
  const earlier = lessOrEqual(places, own);
  const seen = window === undefined || window >= capacity
    ? earlier
    : and(earlier, lessOrEqual(subtract(own, places), furthest(graph, window)));
  const mask = where(seen, graph.scalar("float32", 0), graph.scalar("float32", -1e30));
  return {
    ...positionRotations(graph, config, positions, capacity, rotation),
    mask: reshape(mask, [rows, 1, 1, tokens, capacity]),
  };
}
