import type { MemoryChain } from "../chain/memory_chain.ts";
import type { RunDefinition } from "../swarm/run_definition.ts";
import type { Checkers } from "./checkers.ts";

/** Checks that no validator sets weights twice for one epoch. */
export function checkEpochs(
  { submissions }: MemoryChain,
  { gauntlet: { weights: { windowsPerWeights } }, window: { blocks } }: RunDefinition,
  checkers: Checkers,
): void {
  const seen = new Set<string>();
  for (const { block, validator } of submissions) {
    // Weights of an epoch are set after its last window, often in the next one.
    const epoch = `${validator} in epoch ${Math.floor(block / (blocks * windowsPerWeights))}`;
    if (seen.has(epoch)) checkers.fail(`weights were set twice by ${epoch}`);
    seen.add(epoch);
  }
}
