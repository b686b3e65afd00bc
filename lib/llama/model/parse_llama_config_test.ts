import assert from "node:assert/strict";
import fc from "fast-check";
import { formatLlamaConfig } from "./format_llama_config.ts";
import { parseLlamaConfig } from "./parse_llama_config.ts";
import { configNotes } from "./config_notes.ts";
import { FAMILIES } from "./families.ts";
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

Deno.test("parseLlamaConfig resolves conflicting rope settings like transformers, and a note says so", () => {
  const both = {
    ...BASE,
    rope_scaling: { rope_type: "linear", factor: 4 },
    rope_parameters: { rope_type: "default", rope_theta: 5e5 },
  };
  const config = parseLlamaConfig(both);
  assert.deepEqual([config.ropeScaling, config.ropeTheta], [{ kind: "linear", factor: 4 }, 10000]);
  assert.match(configNotes(both)[0], /rope_scaling and rope_parameters: using the former/);
  const agreeing = { rope_theta: 5e5, rope_scaling: { type: "linear", factor: 4 } };
  const newer = { rope_type: "linear", factor: 4, rope_theta: 5e5 };
  assert.deepEqual(configNotes({ ...agreeing, rope_parameters: newer }), []);
  assert.deepEqual(configNotes({ rope_scaling: null, rope_parameters: newer }), []);
  const original = {
    ...BASE,
    original_max_position_embeddings: 32,
    rope_theta: 1e4,
    rope_scaling: {
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    },
  };
  const { ropeScaling } = parseLlamaConfig(original);
  assert.equal(ropeScaling.kind === "llama3" && ropeScaling.originalPositions, 32);
  assert.match(configNotes(original)[0], /original_max_position_embeddings 32, but 64/);
});

Deno.test("parseLlamaConfig fills missing keys with the defaults of the family's class", () => {
  const mistral = parseLlamaConfig({ model_type: "mistral" });
  assert.deepEqual(mistral.traits?.windows, new Array(32).fill(4096));
  assert.equal(mistral.keyValueHeads, 8);
  const none = parseLlamaConfig({ model_type: "mistral", sliding_window: null });
  assert.equal(none.traits, undefined);
  // A window as long as the context has no effect.
  const wide = { model_type: "mistral", sliding_window: 4096, max_position_embeddings: 4096 };
  assert.equal(parseLlamaConfig(wide).traits, undefined);
  assert.equal(parseLlamaConfig({ model_type: "qwen2", sliding_window: 8 }).traits, undefined);
  // Keys that a class does not read have no effect.
  const biased = { attention_bias: true, mlp_bias: true };
  assert.deepEqual(parseLlamaConfig({ model_type: "mistral", ...biased }).biases, []);
  assert.equal(parseLlamaConfig({ model_type: "qwen2", ...biased }).biases.length, 3);
  assert.equal(parseLlamaConfig({ model_type: "qwen3", ...biased }).biases.length, 4);
});

Deno.test("formatLlamaConfig rejects families that support scoring only", () => {
  for (const model_type of ["gemma2", "phi3", "mistral"]) {
    const config = parseLlamaConfig({ model_type, num_hidden_layers: 1 });
    assert.throws(() => formatLlamaConfig(config), /its family supports scoring only/);
  }
});

Deno.test("parseLlamaConfig reads back what formatLlamaConfig writes", () => {
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

Deno.test("parseLlamaConfig names the invalid key", () => {
  const cases: [json: unknown, message: RegExp][] = [
    [
      { ...BASE, num_key_value_heads: 3 },
      /num_attention_heads is 4, want a multiple of num_key_value_heads 3/,
    ],
    [{ hidden_size: 100, num_attention_heads: 3 }, /head_dim is 33.3/],
    [{ ...BASE, head_dim: 15 }, /head_dim is 15.*want an even integer/],
    [{ vocab_size: 0 }, /vocab_size is 0/],
    [{ hidden_size: "big" }, /hidden_size is "big", want number/],
    [{ model_type: "gpt2" }, /model_type is "gpt2", want \(?"llama" \| "mistral" \| "qwen2"/],
    [{ attention_bias: 1 }, /attention_bias is 1, want boolean/],
    [{ quantization_config: { bits: 4 } }, /quantization_config is Object, want null/],
    [{ hidden_act: "gelu" }, /hidden_act is "gelu", want "silu" for model_type llama/],
    [{ architectures: ["LlamaForTokenClassification"] }, /architectures is .*want "LlamaForCausal/],
    [{ is_causal: false }, /is_causal is false, want true/],
    [
      { model_type: "qwen3", layer_types: ["full_attention"], use_sliding_window: true },
      /layer_types has 1 entries, want 32/,
    ],
    [{ model_type: "olmo3", layer_types: ["chunked_attention"] }, /layer_types.0 is "chunked_att/],
    [{ model_type: "smollm3", no_rope_layers: [1] }, /no_rope_layers has 1 entries, want 36/],
    [{ hidden_size: 1e9 }, /hidden_size is/],
    [{ rope_scaling: { rope_type: "longrope" } }, /longrope has no short_factor or long_factor/],
    [{ rope_scaling: { rope_type: "proportional" } }, /rope type is "proportional"/],
    [{ rope_scaling: { rope_type: "llama3" } }, /rope type llama3 has no factor/],
    [[], /it is not a JSON object/],
    [null, /it is not a JSON object/],
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
      fc.constantFrom(
        "hidden_size",
        "rope_scaling",
        "rope_parameters",
        "eos_token_id",
        "head_dim",
        "layer_types",
        "no_rope_layers",
        "sliding_window",
        "model_type",
      ),
      fc.constantFrom(...Object.keys(FAMILIES)),
      (value, key, model_type) => {
        try {
          parseLlamaConfig({ model_type, [key]: value });
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      },
    ),
    { seed: 10, numRuns: 1000 },
  );
});

Deno.test("presets have the expected parameter counts", () => {
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

Deno.test("ropeTable starts unrotated and applies its scale", () => {
  const { cos, sin } = ropeTable(parseLlamaConfig(BASE), 2, 0.25);
  assert.deepEqual([...cos.slice(0, 8)], new Array(8).fill(0.25));
  assert.deepEqual([...sin.slice(0, 8)], new Array(8).fill(0));
  assert.equal(cos[8], Math.fround(0.25 * Math.cos(1)));
});
