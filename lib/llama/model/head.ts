import { crossEntropy } from "../../graph/operators/cross_entropy.ts";
import { linear } from "../../graph/operators/matmul.ts";
import { reduceMean } from "../../graph/operators/arithmetic.ts";
import { reshape } from "../../graph/operators/reshape.ts";
import { elementCount } from "../../tensor/dims.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { LlamaConfig } from "./llama_config.ts";
import { rmsNorm } from "./rms_norm.ts";

/** Returns the logits of hidden states: [..., hidden] to [..., vocabulary]. */
export function headLogits(
  hidden: Tensor,
  norm: Tensor,
  weight: Tensor,
  config: LlamaConfig,
): Tensor {
  return linear(rmsNorm(hidden, norm, config.rmsNormEpsilon), weight);
}

/**
 * Returns the mean cross-entropy of the next token over all positions, nats per token, shape [].
 *
 * @param hidden Shape [batch, sequence, hidden].
 * @param targets int32, shape [batch, sequence].
 */
export function headLoss(
  hidden: Tensor,
  norm: Tensor,
  weight: Tensor,
  targets: Tensor,
  config: LlamaConfig,
): Tensor {
  return reshape(reduceMean(tokenLosses(hidden, norm, weight, targets, config), [0, 1]), []);
}

/**
 * Returns the mean cross-entropy of each sequence, nats per token, shape [batch].
 *
 * @param hidden Shape [batch, sequence, hidden].
 * @param targets int32, shape [batch, sequence].
 */
export function headSequenceLosses(
  hidden: Tensor,
  norm: Tensor,
  weight: Tensor,
  targets: Tensor,
  config: LlamaConfig,
): Tensor {
  const losses = reshape(tokenLosses(hidden, norm, weight, targets, config), targets.dims);
  return reshape(reduceMean(losses, [1]), [targets.dims[0]]);
}

/** Returns the cross-entropy at every position, shape [batch * sequence, 1]. */
function tokenLosses(
  hidden: Tensor,
  norm: Tensor,
  weight: Tensor,
  targets: Tensor,
  config: LlamaConfig,
): Tensor {
  const rows = elementCount(targets.dims);
  const logits = reshape(headLogits(hidden, norm, weight, config), [rows, config.vocabSize]);
  return crossEntropy(logits, reshape(targets, [rows]));
}
