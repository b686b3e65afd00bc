import { add } from "../../graph/operators/arithmetic.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { LlamaConfig } from "./llama_config.ts";
import { rmsNorm } from "./rms_norm.ts";

/** Applies a model's RMSNorm; some families store the weight as its difference from 1. */
export function modelNorm(x: Tensor, weight: Tensor, config: LlamaConfig): Tensor {
  const { rmsNormEpsilon, traits: { normOffset = 0 } = {} } = config;
  const whole = normOffset === 0
    ? weight
    : add(weight, weight.graph.scalar(weight.type, normOffset));
  return rmsNorm(x, whole, rmsNormEpsilon);
}
