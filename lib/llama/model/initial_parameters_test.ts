import assert from "node:assert/strict";
import { SMALL_CONFIG } from "../../../fixtures/small_config.ts";
import { SeededRandom } from "../../random/seeded_random.ts";
import { initialParameters } from "./initial_parameters.ts";
import { parseLlamaConfig } from "./parse_llama_config.ts";

Deno.test("initialParameters has the documented standard deviations", () => {
  const config = parseLlamaConfig({ ...SMALL_CONFIG, num_hidden_layers: 3, hidden_size: 64 });
  const values = initialParameters(config, new SeededRandom(5n));
  const deviation = (name: string) => {
    const data = values.get(name)!;
    return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
  };
  const near = (found: number, want: number) => assert.ok(Math.abs(found / want - 1) < 0.05);
  near(deviation("model.embed_tokens.weight"), 0.02);
  near(deviation("model.layers.2.self_attn.q_proj.weight"), 0.02);
  near(deviation("model.layers.2.self_attn.o_proj.weight"), 0.02 / Math.sqrt(6));
  near(deviation("model.layers.0.mlp.down_proj.weight"), 0.02 / Math.sqrt(2));
  assert.deepEqual(new Set(values.get("model.norm.weight")), new Set([1]));
  const again = initialParameters(config, new SeededRandom(5n));
  assert.deepEqual(again, values);
});
