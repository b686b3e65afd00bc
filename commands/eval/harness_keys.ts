import { UsageError } from "../command.ts";

/** Translations of `--model_args` or `--gen_kwargs` keys to options; none if a key has no effect here. */
export type KeyTable = Readonly<Record<string, (value: string) => string[]>>;

const OFF = /^(none|false|0|)$/i;

/** Drops a key if its value changes no result here, and rejects it otherwise. */
function only(key: string, harmless: RegExp, why: string): KeyTable[string] {
  return (value) => {
    if (harmless.test(value)) return [];
    throw new UsageError(`${key}=${value} is not supported: ${why}`);
  };
}

/** Applies `only` to several keys with the same reason. */
function all(keys: readonly string[], harmless: RegExp, why: string): KeyTable {
  return Object.fromEntries(keys.map((key) => [key, only(key, harmless, why)]));
}

/** Drops keys that change only speed, memory or files, whatever their value. */
function free(keys: readonly string[]): KeyTable {
  return Object.fromEntries(keys.map((key) => [key, () => []]));
}

/** Passes a value on, unless it means the default. */
function option(name: string, none = /^none$/i): KeyTable[string] {
  return (value) => (none.test(value) ? [] : [name, value]);
}

const NOT_THERE = "adapters and deltas are not applied; merge them and save the model";
const QUANTIZED = "quantized weights are not read";
const FLOATS = /^(auto|none|(torch\.)?(float32|float|float16|half|bfloat16))$/i;

/** Keys of `--model_args` for `--model hf`. */
export const MODEL_ARGS: KeyTable = {
  pretrained: (value) => [value],
  revision: (value) => (/^(main|none)$/i.test(value) ? [] : ["--revision", value]),
  tokenizer: option("--tokenizer"),
  max_length: option("--max-length", /^(none|0)$/i),
  add_bos_token: (value) => {
    if (/^(none|null)$/i.test(value)) return [];
    if (/^(true|false)$/i.test(value)) return ["--add-bos", /^t/i.test(value) ? "yes" : "no"];
    throw new UsageError(`--model_args has add_bos_token=${value}, want True or False`);
  },
  trust_remote_code: (value) => (OFF.test(value) ? [] : ["--trust-remote-code"]),
  dtype: only(
    "dtype",
    FLOATS,
    "everything is computed in float32; want auto, float32, float16 or bfloat16",
  ),
  torch_dtype: only("torch_dtype", FLOATS, "everything is computed in float32"),
  softmax_dtype: only("softmax_dtype", /^(none|float32)$/i, "softmax is computed in float32"),
  mixed_precision_dtype: only("mixed_precision_dtype", /^(none|float32)$/i, "all is float32"),
  backend: only("backend", /^(default|causal)$/i, "only causal models are scored"),
  attn_implementation: only(
    "attn_implementation",
    /^(none|eager|sdpa|flash_attention_[234]|flex_attention|paged.*)$/i,
    "want eager, sdpa, flash_attention_2 or flex_attention, which all mean the same here",
  ),
  batch_size: only("batch_size", /^(auto(:\d+)?|\d+)$/, "want a number, auto or auto:N"),
  max_batch_size: only("max_batch_size", /^\d+$/, "want a number"),
  truncation: only("truncation", OFF, "the tokenizer does not truncate prompts"),
  subfolder: only("subfolder", /^(none|)$/i, "give the folder itself as pretrained"),
  device: only("device", /^none$/i, "want --device"),
  think_end_token: only("think_end_token", OFF, "answers are not truncated at it"),
  enable_thinking: only("enable_thinking", /^none$/i, "templates get no variables"),
  chat_template_args: only("chat_template_args", /^(none|\{\})$/i, "templates get no variables"),
  prefix_token_id: only("prefix_token_id", /^none$/i, "the prefix is BOS"),
  gguf_file: only("gguf_file", OFF, "GGUF files are not read"),
  variant: only("variant", OFF, "only model.safetensors is read"),
  ...all(["peft", "delta"], OFF, NOT_THERE),
  ...all(
    ["autogptq", "gptqmodel", "load_in_4bit", "load_in_8bit", "quantization_config"],
    OFF,
    QUANTIZED,
  ),
  ...all(
    ["parallelize"],
    OFF,
    "a model is computed on one device; one that is too large is streamed block by block",
  ),
  ...all(
    ["tp_plan", "max_memory_per_gpu", "max_cpu_memory", "offload_folder"],
    OFF,
    "a model is computed on one device; --blocks bounds its memory",
  ),
  ...free([
    "device_map",
    "low_cpu_mem_usage",
    "logits_cache",
    "use_fast_tokenizer",
    "use_safetensors",
    "cache_dir",
    "token",
    "local_files_only",
    "force_download",
  ]),
};

/** Keys for the maximum answer length, by descending precedence. */
const LENGTHS = ["max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"];

const greedy = (key: string, wanted: RegExp): KeyTable[string] => (value) => {
  if (wanted.test(value)) return [];
  throw new UsageError(`--gen_kwargs has ${key}=${value}, but answers are greedy here`);
};

/** Keys of `--gen_kwargs`; answers are greedy in any case. */
export const GEN_KWARGS: KeyTable = {
  ...Object.fromEntries(LENGTHS.map((key) => [key, option("--max-gen-toks")])),
  do_sample: greedy("do_sample", /^(false|none)$/i),
  temperature: greedy("temperature", /^0(\.0*)?$/),
};

/** Keeps the length of highest precedence, and drops a temperature without sampling. */
export function settledKwargs(pairs: readonly [string, string][]): [string, string][] {
  const counts = LENGTHS.find((name) => pairs.some(([key]) => key === name));
  const isGreedy = pairs.some(([key, value]) => key === "do_sample" && /^false$/i.test(value));
  return pairs.filter(([key]) =>
    !(LENGTHS.includes(key) && key !== counts) && !(key === "temperature" && isGreedy)
  );
}

/** Values of `--model` that mean Hugging Face models. */
export const BACKENDS: ReadonlySet<string> = new Set(["hf", "hf-auto", "huggingface"]);

/** Other backends of the harness, which compute differently or something else. */
export const OTHER_BACKENDS: ReadonlySet<string> = new Set(
  ("anthropic-chat anthropic-chat-completions anthropic-completions azure-openai-chat-completions dummy ggml " +
    "gguf habana hf-audiolm-qwen hf-mistral3 hf-multimodal ipex litellm litellm-chat litellm-chat-completions " +
    "local-chat-completions local-completions mamba_ssm megatron_lm nemo_lm neuronx onnxruntime " +
    "onnxruntime-genai openai-chat-completions openai-completions openvino sglang sglang-generate steered " +
    "textsynth trtllm vllm vllm-vlm watsonx_llm winml").split(" "),
);

/** Unsupported options of the harness that would change results, or what happens to them. */
export const REFUSED_OPTIONS: Readonly<Record<string, string>> = {
  "--config": "give its settings as options",
  "--predict-only": "metrics are always computed",
  "--metadata": "no task here reads it",
  "--wandb-args": "results are not sent anywhere; want --output-path",
  "--wandb-config-args": "results are not sent anywhere; want --output-path",
  "--trackio-args": "results are not sent anywhere; want --output-path",
  "--hf-hub-log-args": "nothing is pushed to the hub; want --output-path",
};
