import { Graph } from "../graph/graph.ts";
import { subtract } from "../graph/operators/arithmetic.ts";
import { cast } from "../graph/operators/cast.ts";
import { and, choose, lessOrEqual } from "../graph/operators/compare.ts";
import { expand } from "../graph/operators/expand.ts";
import { scatter } from "../graph/operators/gather.ts";
import { reshape } from "../graph/operators/reshape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { LlamaConfig } from "./config.ts";
import { type BlockConstants, decoderBlock } from "./decoder_block.ts";
import { byLayerKind, type LayerKind } from "./decoder_traits.ts";
import { embedTokens } from "./embed_tokens.ts";
import { blockParameterName, blockParameters } from "./parameters.ts";
import { positionRotations } from "./position_rotations.ts";
import { furthest, type ParameterSource } from "./scoring_graphs.ts";
import { HEAD_TILE_BYTES_MAX } from "./scoring_memory.ts";
import { tiledHead } from "./tiled_head.ts";

/** Shape of a pass of generation. */
export interface GenerationShape {
  /** Texts. */
  readonly rows: number;
  /** New tokens of each. */
  readonly tokens: number;
  /** Tokens that can be remembered of each, the new ones included. */
  readonly capacity: number;
}

/** Names of what a block remembers. */
export function memoryNames(layer: number): { keys: string; values: string } {
  return { keys: `keys.${layer}`, values: `values.${layer}` };
}

/**
 * New tokens through the whole model, with the keys and values of all earlier ones fed and given back changed:
 * inputs `tokens`, `positions` and, of each block, `keys.N` and `values.N`; outputs `next.keys.N`,
 * `next.values.N` and, where one token a text comes in, `likeliest`.
 *
 * A token's position is its place in the memory, and it sees what is at its own and earlier places.
 */
export function generationGraph(
  config: LlamaConfig,
  { capacity, rows, tokens }: GenerationShape,
  parameter: ParameterSource,
): Graph {
  const graph = new Graph(`llama_generation_${tokens}`);
  const { headDim, hiddenSize, keyValueHeads, layers } = config;
  const weight = (name: string, dims: readonly number[]) => parameter(graph, { name, dims });
  const ids = graph.input("tokens", "int32", [rows, tokens]);
  const positions = graph.input("positions", "int32", [rows, tokens]);
  const constants = byLayerKind(
    config,
    (kind) => memoryConstants(graph, config, positions, capacity, kind),
  );
  const places = expand(
    reshape(positions, [rows, 1, tokens, 1]),
    [rows, keyValueHeads, tokens, headDim],
  );
  let hidden = embedTokens(ids, config, parameter);
  for (let layer = 0; layer < layers; layer++) {
    const names = memoryNames(layer);
    const recall = (name: string, updates: Tensor) => {
      const memory = graph.input(name, "float32", [rows, keyValueHeads, capacity, headDim]);
      const next = scatter(memory, places, updates, 2);
      graph.output(`next.${name}`, next);
      return next;
    };
    const weights = blockParameters(config).map(({ dims, name }) =>
      cast(weight(blockParameterName(layer, name), dims), "float32")
    );
    hidden = decoderBlock(hidden, weights, config, {
      ...constants(layer),
      remember: (keys, values) => ({
        keys: recall(names.keys, keys),
        values: recall(names.values, values),
      }),
    });
  }
  if (tokens > 1) return graph;
  const targets = graph.constant("int32", [rows], new Int32Array(rows));
  const last = reshape(hidden, [rows, hiddenSize]);
  const { likeliest, total } = tiledHead(last, targets, config, parameter, HEAD_TILE_BYTES_MAX);
  graph.output("likeliest", likeliest);
  // A sum with a term that is no number is none: how damaged weights are noticed.
  graph.output("total", total);
  return graph;
}

function memoryConstants(
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
  const mask = choose(seen, graph.scalar("float32", 0), graph.scalar("float32", -1e30));
  return {
    ...positionRotations(graph, config, positions, capacity, rotation),
    mask: reshape(mask, [rows, 1, 1, tokens, capacity]),
  };
}
