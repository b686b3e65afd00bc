import { scale } from "../../graph/operators/arithmetic.ts";
import { cast } from "../../graph/operators/cast.ts";
import { gatherRows } from "../../graph/operators/gather.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { LlamaConfig } from "./llama_config.ts";
import { EMBEDDING } from "./parameters.ts";
import type { ParameterSource } from "./parameter_source.ts";

/**
 * Returns the hidden states before the first block, [..., hidden].
 *
 * @param tokens int32, any shape.
 */
export function embedTokens(
  tokens: Tensor,
  { hiddenSize, traits: { embeddingScale = 1 } = {}, vocabSize }: LlamaConfig,
  parameter: ParameterSource,
): Tensor {
  const table = parameter(tokens.graph, { name: EMBEDDING, dims: [vocabSize, hiddenSize] });
  const rows = cast(gatherRows(table, tokens), "float32");
  return embeddingScale === 1 ? rows : scale(rows, embeddingScale);
}
