import type { Tensor } from "../../graph/graph.ts";
import { cast } from "../../graph/operators/cast.ts";
import type { LlamaConfig } from "./llama_config.ts";
import { type BlockConstants, decoderBlock } from "./decoder_block.ts";
import type { ParameterSource } from "./parameter_source.ts";
import { blockParameterName, blockParameters } from "./parameters.ts";

/** Half-open range of blocks of a model. */
export interface BlockRange {
  /** First block. */
  readonly from: number;
  /** One past the last block. */
  readonly to: number;
}

/**
 * Applies decoder blocks in sequence, for training, scoring and generation alike.
 *
 * @param hidden Shape [batch, sequence, hidden].
 * @param constants Inputs of a layer other than hidden states and weights.
 * @param range Blocks to apply; all by default.
 */
export function decoderStack(
  hidden: Tensor,
  config: LlamaConfig,
  parameter: ParameterSource,
  constants: (layer: number) => BlockConstants,
  { from, to }: BlockRange = { from: 0, to: config.layers },
): Tensor {
  const { graph } = hidden;
  for (let layer = from; layer < to; layer++) {
    const weights = blockParameters(config).map(({ dims, name }) =>
      cast(parameter(graph, { name: blockParameterName(layer, name), dims }), "float32")
    );
    hidden = decoderBlock(hidden, weights, config, constants(layer));
  }
  return hidden;
}
