import assert from "node:assert/strict";
import fc from "fast-check";
import { formatLlamaConfig, parseLlamaConfig } from "./config.ts";
import { parameterCount } from "./parameters.ts";
import { PRESETS } from "./presets.ts";
import { ropeFrequencies, ropeTable } from "./rope.ts";

const BASE = { hidden_size: 64, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16 };

Deno.test("parseLlamaConfig reads the keys of transformers 4 and 5 alike", () => {
  const v4 = parseLlamaConfig({
    ...BASE,
    rope_theta: 5e5,
    rope_scaling: { type: "linear", factor: 4 },
  });
  const v5 = parseLlamaConfig({
    ...BASE,
    rope_parameters: { rope_type: "linear", factor: 4, rope_theta: 5e5 },
  });
  assert.deepEqual(v4, v5);
  assert.deepEqual(v4.ropeScaling, { kind: "linear", factor: 4 });
});

Deno.test("parseLlamaConfig fills in transformers' defaults", () => {
  const config = parseLlamaConfig({});
  assert.deepEqual(
    [
      config.vocabSize,
      config.hiddenSize,
      config.layers,
      config.keyValueHeads,
      config.headDim,
      config.ropeTheta,
    ],
    [32000, 4096, 32, 32, 128, 10000],
  );
  assert.deepEqual(parseLlamaConfig({ eos_token_id: [1, 106] }).eosTokenIds, [1, 106]);
});

Deno.test("formatLlamaConfig writes what parseLlamaConfig reads", () => {
  const scalings = [
    null,
    { rope_type: "dynamic", factor: 2 },
    {
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    },
    { rope_type: "yarn", factor: 4, original_max_position_embeddings: 4096, attention_factor: 1.2 },
  ];
  for (const rope_scaling of scalings) {
    const config = parseLlamaConfig({ ...BASE, rope_scaling, eos_token_id: 2 });
    assert.deepEqual(parseLlamaConfig(formatLlamaConfig(config)), config);
  }
  for (const biases of [{ attention_bias: true }, { mlp_bias: true }, { model_type: "qwen2" }]) {
    const config = parseLlamaConfig({ ...BASE, ...biases });
    assert.ok(config.biases.length > 0);
    assert.deepEqual(parseLlamaConfig(formatLlamaConfig(config)), config);
  }
});

Deno.test("parseLlamaConfig says which key is wrong", () => {
  const cases: [json: unknown, message: RegExp][] = [
    [
      { ...BASE, num_key_value_heads: 3 },
      /num_attention_heads is 4, want a multiple of num_key_value_heads 3/,
    ],
    [{ hidden_size: 100, num_attention_heads: 3 }, /head_dim is 33.3/],
    [{ ...BASE, head_dim: 15 }, /head_dim is 15.*want an even integer/],
    [{ vocab_size: 0 }, /vocab_size is 0/],
    [{ hidden_size: "big" }, /hidden_size is "big", want number/],
    [{ model_type: "gpt2" }, /model_type is "gpt2", want \(?"llama" \| "mistral" \| "qwen2"\)?/],
    [{ attention_bias: 1 }, /attention_bias is 1, want boolean/],
    [{ quantization_config: { bits: 4 } }, /quantization_config is Object, want null/],
    [{ model_type: "mistral", sliding_window: 4096, max_position_embeddings: 32768 }, /sliding_/],
    [{ hidden_size: 1e9 }, /hidden_size is/],
    [{ rope_scaling: { rope_type: "longrope" } }, /rope type is "longrope"/],
    [{ rope_scaling: { rope_type: "llama3" } }, /rope type llama3 has no factor/],
    [[], /want Object/],
    [null, /want Object/],
  ];
  for (const [json, message] of cases) {
    assert.throws(() => parseLlamaConfig(json), (error: Error) => {
      assert.ok(error instanceof RangeError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("parseLlamaConfig throws typed errors only", () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom("hidden_size", "rope_scaling", "eos_token_id", "head_dim"),
      (value, key) => {
        try {
          parseLlamaConfig({ [key]: value });
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      },
    ),
    { seed: 10, numRuns: 1000 },
  );
});

Deno.test("presets have the sizes that their names say", () => {
  const millions = Object.entries(PRESETS).map(([name, config]) => [
    name,
    Math.round(parameterCount(config) / 1e6),
  ]);
  assert.deepEqual(millions, [
    ["tiny", 1],
    ["small", 10],
    ["150m", 220],
    ["1b", 1205],
    ["8b", 8030],
    ["covenant-72b", 72747],
  ]);
});

Deno.test("ropeFrequencies follows each scaling's formula", () => {
  const config = parseLlamaConfig({ ...BASE, max_position_embeddings: 128 });
  const plain = ropeFrequencies(config, 128).frequencies;
  assert.equal(plain[0], 1);
  assert.ok(Math.abs(plain[1] - 10000 ** (-2 / 16)) < 1e-15);
  const scaled = (rope_scaling: unknown, positions = 128) =>
    ropeFrequencies(
      parseLlamaConfig({ ...BASE, max_position_embeddings: 128, rope_scaling }),
      positions,
    );
  assert.deepEqual(scaled({ type: "linear", factor: 2 }).frequencies, plain.map((f) => f / 2));
  assert.deepEqual(scaled({ type: "dynamic", factor: 2 }, 64).frequencies, plain);
  // Twice the positions at factor 2: theta' = theta 3^(d/(d-2)).
  const stretched = scaled({ type: "dynamic", factor: 2 }, 256).frequencies;
  assert.ok(Math.abs(stretched[1] - (10000 * 3 ** (16 / 14)) ** (-2 / 16)) < 1e-12);
  const llama3 = scaled({
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 64,
  }).frequencies;
  assert.equal(llama3[0], plain[0]); // wavelength 6.3, below 64/4
  assert.equal(llama3[7], plain[7] / 8); // wavelength 19869, above 64
  const yarn = scaled({ rope_type: "yarn", factor: 4, original_max_position_embeddings: 64 });
  assert.ok(Math.abs(yarn.attentionFactor - (0.1 * Math.log(4) + 1)) < 1e-15);
  assert.equal(yarn.frequencies[7], plain[7] / 4);
});

Deno.test("ropeTable starts unrotated and carries its scale", () => {
  const { cos, sin } = ropeTable(parseLlamaConfig(BASE), 2, 0.25);
  assert.deepEqual([...cos.slice(0, 8)], new Array(8).fill(0.25));
  assert.deepEqual([...sin.slice(0, 8)], new Array(8).fill(0));
  assert.equal(cos[8], Math.fround(0.25 * Math.cos(1)));
});
