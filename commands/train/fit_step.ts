import type { LlamaConfig } from "../../lib/llama/model/llama_config.ts";
import { stepMemory } from "../../lib/llama/training/memory_need.ts";
import { parameterCount } from "../../lib/llama/model/parameters.ts";
import { formatBytes, formatCount } from "../../lib/report/format_quantity.ts";
import { RefusedRequestError } from "../command.ts";

/**
 * Peak memory of a peer in this process, bytes per parameter: parameters, error feedback, old and new
 * moments, pseudo-gradient, and its share of decoded submissions.
 */
const PEER_BYTES = 30;
/** Fraction of the free memory that a plan may use. */
const MEMORY_FRACTION = 0.85;

/**
 * Chooses the fastest step shape and the largest micro-batch that fit, unless they are fixed.
 *
 * @throws RefusedRequestError when nothing fits, or the micro-batch does not divide the batch.
 */
export function fitStep(
  config: LlamaConfig,
  { batch, sequence }: { batch: number; sequence: number },
  fixed: { microBatch: number | undefined; stepShape: "whole" | "blocks" | undefined },
  peers: number,
  memoryBytes: number,
): { microBatch: number; stepShape: "whole" | "blocks" } {
  if (fixed.microBatch !== undefined && batch % fixed.microBatch !== 0) {
    throw new RefusedRequestError(
      `Cannot split a batch of ${batch} sequences into micro-batches of ${fixed.microBatch}`,
      "choose a --micro-batch that divides --batch",
    );
  }
  const ofPeers = peers * PEER_BYTES * parameterCount(config);
  const room = memoryBytes * MEMORY_FRACTION - ofPeers;
  const sizes = fixed.microBatch ? [fixed.microBatch] : divisorsDescending(batch);
  for (const stepShape of fixed.stepShape ? [fixed.stepShape] : ["whole", "blocks"] as const) {
    for (const microBatch of sizes) {
      const need = stepMemory(config, { batch: microBatch, sequence })[stepShape];
      if (need <= room) return { microBatch, stepShape };
    }
  }
  const leastStep = stepMemory(config, { batch: sizes.at(-1)!, sequence });
  const least = ofPeers + leastStep[fixed.stepShape ?? "blocks"];
  throw new RefusedRequestError(
    `Cannot train model of ${
      formatCount(parameterCount(config))
    } parameters: ${peers} peers need about ${formatBytes(least / MEMORY_FRACTION)} of memory, ${
      formatBytes(memoryBytes)
    } are free`,
    fixed.stepShape
      ? "free some memory: a run keeps the step shape that it was started with"
      : "choose a smaller --model, fewer --peers, or a smaller --micro-batch or --sequence",
  );
}

function divisorsDescending(batch: number): number[] {
  return Array.from({ length: Math.min(batch, 4096) }, (_, i) => i + 1)
    .filter((size) => batch % size === 0)
    .reverse();
}
