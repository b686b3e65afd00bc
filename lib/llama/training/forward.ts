import type { Graph, Tensor } from "../../graph/graph.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { blockConstants } from "../model/decoder_block.ts";
import type { BatchShape } from "./gradient_pass.ts";
import { EMBEDDING, FINAL_NORM, HEAD, llamaParameters } from "../model/parameters.ts";
import type { ParameterSource } from "../model/parameter_source.ts";
import { decoderStack } from "../model/decoder_stack.ts";
import { embedTokens } from "../model/embed_tokens.ts";

/** A whole model in a graph, up to the head. */
export interface ForwardPass {
  /** Input `tokens`, int32 [batch, sequence]. */
  readonly tokens: Tensor;
  /** Inputs for all parameters, in canonical order. */
  readonly parameters: Tensor[];
  /** Hidden states after the last block, [batch, sequence, hidden]. */
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
  const parameter: ParameterSource = (_, { name }) => byName.get(name)!;
  const constants = blockConstants(graph, config, sequence);
  const embedded = embedTokens(tokens, config, parameter);
  const hidden = decoderStack(embedded, config, parameter, () => constants);
  return {
    tokens,
    parameters: [...byName.values()],
    hidden,
    norm: byName.get(FINAL_NORM)!,
    head: byName.get(config.tiedEmbeddings ? EMBEDDING : HEAD)!,
  };
}
