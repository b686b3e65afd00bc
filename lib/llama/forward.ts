import type { Graph } from "../graph/graph.ts";
import { gatherRows } from "../graph/operators/gather.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { LlamaConfig } from "./config.ts";
import { blockConstants, decoderBlock } from "./decoder_block.ts";
import type { BatchShape } from "./gradient_pass.ts";
import {
  blockParameterName,
  blockParameters,
  EMBEDDING,
  FINAL_NORM,
  HEAD,
  llamaParameters,
} from "./parameters.ts";

/** A whole model in a graph, up to the head. */
export interface ForwardPass {
  /** Input `tokens`, int32 [batch, sequence]. */
  readonly tokens: Tensor;
  /** Inputs for all parameters, in canonical order. */
  readonly parameters: Tensor[];
  /** Hidden states behind the last block, [batch, sequence, hidden]. */
  readonly hidden: Tensor;
  /** Weight of the final norm. */
  readonly norm: Tensor;
  /** Weight of the head, which may be the embedding table. */
  readonly head: Tensor;
}

/** Declares the inputs of a model and computes its hidden states. */
export function forward(
  graph: Graph,
  config: LlamaConfig,
  { batch, sequence }: BatchShape,
): ForwardPass {
  const tokens = graph.input("tokens", "int32", [batch, sequence]);
  const byName = new Map(
    llamaParameters(config).map(({ name, dims }) => [name, graph.input(name, "float32", dims)]),
  );
  const constants = blockConstants(graph, config, sequence);
  let hidden = gatherRows(byName.get(EMBEDDING)!, tokens);
  for (let layer = 0; layer < config.layers; layer++) {
    const weights = blockParameters(config).map(({ name }) =>
      byName.get(blockParameterName(layer, name))!
    );
    hidden = decoderBlock(hidden, weights, config, constants);
  }
  return {
    tokens,
    parameters: [...byName.values()],
    hidden,
    norm: byName.get(FINAL_NORM)!,
    head: byName.get(config.tiedEmbeddings ? EMBEDDING : HEAD)!,
  };
}
