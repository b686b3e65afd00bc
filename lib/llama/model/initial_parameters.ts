import { elementCount } from "../../tensor/dims.ts";
import type { Random } from "../../random/random.ts";
import type { LlamaConfig } from "./llama_config.ts";
import { llamaParameters } from "./parameters.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";

/** Standard deviation of initial weights. */
const DEVIATION = 0.02;

/**
 * Returns initial parameters: normal with standard deviation 0.02, the two projections that write into the
 * residual stream divided by sqrt(2 (layer + 1)), norms 1, biases 0. Peers share a run's seed, so all start
 * with the same values.
 */
export function initialParameters(config: LlamaConfig, random: Random): ParameterValues {
  const values: ParameterValues = new Map();
  for (const { name, dims } of llamaParameters(config)) {
    const data = new Float32Array(elementCount(dims));
    if (dims.length === 1) data.fill(name.endsWith(".bias") ? 0 : 1);
    else {
      const deviation = DEVIATION * residualFactor(name);
      for (let i = 0; i < data.length; i++) data[i] = random.normal() * deviation;
    }
    values.set(name, data);
  }
  return values;
}

function residualFactor(name: string): number {
  const match = name.match(/^model\.layers\.(\d+)\..*(o_proj|down_proj)/);
  return match ? 1 / Math.sqrt(2 * (Number(match[1]) + 1)) : 1;
}
