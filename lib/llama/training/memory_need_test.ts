import assert from "node:assert/strict";
import { parseLlamaConfig } from "../model/parse_llama_config.ts";
import { stepMemory } from "./memory_need.ts";

/** Peaks from docs/measured.md, MB; `hostMB` is the process (170 MB) plus the bench's host copies. */
const MEASURED: [
  config: Record<string, number>,
  hostMB: number,
  wholeMB: number,
  blocksMB: number,
][] = [
  [shape(4096, 256, 4, 4, 688), 170 + 42, 1134, 988],
  [shape(8192, 512, 8, 8, 1376), 170 + 277, 4621, 2376],
];

function shape(vocab: number, hidden: number, layers: number, heads: number, inner: number) {
  return {
    vocab_size: vocab,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: inner,
  };
}

Deno.test("stepMemory is close to measured memory, and not below it", () => {
  for (const [config, hostMB, wholeMB, blocksMB] of MEASURED) {
    const { blocks, whole } = stepMemory(parseLlamaConfig(config), { batch: 16, sequence: 256 });
    for (const [estimate, measured] of [[whole, wholeMB], [blocks, blocksMB]]) {
      const ratio = estimate / ((measured - hostMB) * 1e6);
      assert.ok(
        ratio > 1 && ratio < 1.5,
        `${estimate} bytes estimated, ${ratio} of the measured memory`,
      );
    }
  }
});

Deno.test("stepMemory in blocks grows per layer by its parameters, state and one hidden tensor", () => {
  const at = (layers: number) =>
    stepMemory(parseLlamaConfig(shape(4096, 256, layers, 4, 688)), { batch: 16, sequence: 256 });
  const layerParameters = 4 * 256 * 256 + 3 * 256 * 688 + 2 * 256;
  const growth = at(9).blocks - at(8).blocks;
  assert.ok(Math.abs(growth - 1.2 * 4 * (4 * layerParameters + 16 * 256 * 256)) < 1);
  assert.ok(at(9).whole - at(8).whole > 5 * growth);
});
