import { UsageError } from "./command.ts";
import { isTruthWord } from "./_option_values.ts";

/** How an option begins. */
const OPTION = /^--?[A-Za-z]/;
/** Short and other names. */
const NAMES: Readonly<Record<string, string>> = {
  "-E": "--samples",
  "-L": "--limit",
  "-M": "--model",
  "-a": "--model-args",
  "-b": "--batch-size",
  "-c": "--use-cache",
  "-f": "--num-fewshot",
  "-o": "--output-path",
  "-s": "--log-samples",
  "-t": "--tasks",
  "-v": "--verbosity",
  "-w": "--write-out",
  "--include": "--include-path",
};
/** What the harness runs models with, as a value of `--model`. */
const BACKENDS = new Set(["hf", "hf-auto", "huggingface", "vllm", "sglang"]);
const DEVICES: Readonly<Record<string, string>> = { mps: "webgpu", gpu: "auto" };

/** Keys of `--model_args`; those without an option change no result here. */
const MODEL_ARGS: Readonly<Record<string, ((value: string) => string[]) | undefined>> = {
  pretrained: (value) => [value],
  revision: (value) => ["--revision", value],
  tokenizer: (value) => ["--tokenizer", value],
  max_length: (value) => ["--max-length", value],
  add_bos_token: (value) => {
    if (/^none$/i.test(value)) return [];
    if (/^(true|false)$/i.test(value)) return ["--add-bos", /^t/i.test(value) ? "yes" : "no"];
    throw new UsageError(`--model_args has add_bos_token=${value}, want True or False`);
  },
  attn_implementation: undefined,
  batch_size: undefined,
  device_map: undefined,
  dtype: undefined,
  gpu_memory_utilization: undefined,
  low_cpu_mem_usage: undefined,
  parallelize: undefined,
  tensor_parallel_size: undefined,
  torch_dtype: undefined,
  trust_remote_code: undefined,
  use_fast_tokenizer: undefined,
};
/** Keys of `--gen_kwargs`; answers are greedy in any case. */
const GEN_KWARGS: typeof MODEL_ARGS = {
  max_gen_toks: (value) => ["--max-gen-toks", value],
  max_new_tokens: (value) => ["--max-gen-toks", value],
  do_sample: (value) => greedy("do_sample", value, /^false$/i),
  temperature: (value) => greedy("temperature", value, /^0(\.0*)?$/),
};

/** What stands behind the name of an option. */
interface Values {
  /** The word behind it that passes, or whatever is behind its `=`. */
  one(test?: (word: string) => boolean): string | undefined;
  /** All words up to the next option. */
  all(): string[];
}

const drop = () => [];
const dropValue = (values: Values) => {
  values.one();
  return [];
};

/**
 * Options that are not simply passed on, and what they become.
 *
 * @param isHarness Whether no word behind a list can be MODEL.
 */
const OPTIONS: Readonly<Record<string, (values: Values, isHarness: boolean) => string[]>> = {
  "--log-samples": drop,
  "--trust-remote-code": drop,
  "--check-integrity": drop,
  "--write-out": drop,
  "--show-config": drop,
  "--confirm-run-unsafe-code": drop,
  "--batch-size": dropValue,
  "--max-batch-size": dropValue,
  "--use-cache": dropValue,
  "--cache-requests": dropValue,
  "--verbosity": dropValue,
  "--model": (values) => {
    const model = values.one();
    if (model === undefined) return ["--model"];
    return BACKENDS.has(model) ? [] : [model];
  },
  "--model-args": (values) => settings("--model_args", values.all(), MODEL_ARGS),
  "--gen-kwargs": (values) => settings("--gen_kwargs", values.all(), GEN_KWARGS),
  "--tasks": (values, isHarness) => {
    const names = isHarness ? values.all() : [values.one() ?? []].flat();
    return ["--tasks", ...(names.length > 0 ? [names.join(",")] : [])];
  },
  "--device": (values) => {
    const device = values.one();
    if (device === undefined) return ["--device"];
    return ["--device", DEVICES[device] ?? device.replace(/^cuda:\d+$/, "cuda")];
  },
  "--fewshot-as-multiturn": (values) => [
    "--fewshot-as-multiturn",
    values.one(isTruthWord) ?? "true",
  ],
  "--apply-chat-template": (values, isHarness) => {
    const name = isHarness ? values.all()[0] : values.one(() => false);
    if (name === undefined || /^(true|yes|1)$/i.test(name)) return ["--apply-chat-template"];
    if (!isTruthWord(name)) return ["--chat-template", name];
    throw new UsageError(`--apply-chat-template is ${name}: leave it out instead`);
  },
};

/**
 * A command line of lm-evaluation-harness in terms of `covey eval`; one of ours passes unchanged. Names may
 * have underscores, and what changes no result here is dropped.
 *
 * @param withValue Our options that have a value, which is left as it is.
 * @throws UsageError for what would change a result and is not offered.
 */
export function harnessArguments(
  args: readonly string[],
  withValue: ReadonlySet<string>,
): string[] {
  const isHarness = args.map(hyphened).some((word) => /^--model(-args)?(=|$)/.test(word));
  // `lm_eval run` is `lm_eval`.
  const all = isHarness && args[0] === "run" ? args.slice(1) : args;
  const words = all.map(hyphened);
  if (isHarness && !/"?pretrained"?\s*[=:]/.test(words.join(" ")) && hasBackend(words)) {
    throw new UsageError("--model wants --model_args pretrained=MODEL");
  }
  const translated: string[] = [];
  for (let at = 0; at < words.length;) {
    const word = words[at++];
    const [name, inline] = OPTION.test(word) ? word.split(/=(.*)/s, 2) : [word];
    const next = (test: (word: string) => boolean = () => true) => {
      const isValue = at < words.length && !OPTION.test(words[at]) && test(words[at]);
      return isValue ? words[at++] : undefined;
    };
    const values: Values = {
      one: (test) => inline ?? next(test),
      all: () => {
        const found = inline === undefined ? [] : [inline];
        for (let word = next(); word !== undefined; word = next()) found.push(word);
        return found;
      },
    };
    const translate = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    translated.push(...(translate?.(values, isHarness) ?? [word]));
    const hasValue = !translate && inline === undefined && withValue.has(name);
    if (hasValue && at < all.length) translated.push(all[at++]);
  }
  return translated;
}

/** `--num_fewshot=5` is `--num-fewshot=5`, and `-f` too. */
function hyphened(arg: string): string {
  if (!OPTION.test(arg)) return arg;
  // `-L10` is `-L 10`.
  const [, short, rest] = /^(-[A-Za-z])([\d{].*)$/s.exec(arg) ?? [];
  if (short && short in NAMES) return `${NAMES[short]}=${rest}`;
  const [name, ...value] = arg.split("=");
  const plain = name.replaceAll("_", "-");
  return [NAMES[plain] ?? plain, ...value].join("=");
}

/** Settings such as `pretrained=org/name,dtype=float32`, as options. */
function settings(option: string, values: string[], known: typeof MODEL_ARGS): string[] {
  return pairs(values.join(",")).flatMap(([key, value]) => {
    if (!Object.hasOwn(known, key)) {
      throw new UsageError(
        `${option} has "${key}", want one of ${Object.keys(known).join(", ")}`,
      );
    }
    return known[key]?.(value) ?? [];
  });
}

/** `a=1, b=2`, or the same as a JSON object. */
function pairs(text: string): [string, string][] {
  if (text.trimStart().startsWith("{")) {
    try {
      return Object.entries(JSON.parse(text)).map(([key, value]) => [key, String(value)]);
    } catch {
      throw new UsageError(`${text} is no JSON object`);
    }
  }
  return text.split(",").map((each) => each.trim()).filter((each) => each !== "").map((each) => {
    const [key, value = ""] = each.split(/=(.*)/s, 2);
    return [key.trim(), value.trim()];
  });
}

/** Whether `--model` says how the harness runs models, and not which. */
function hasBackend(words: readonly string[]): boolean {
  const at = words.findIndex((word) => /^--model(=|$)/.test(word));
  return BACKENDS.has(words[at]?.split("=")[1] ?? words[at + 1] ?? "");
}

function greedy(key: string, value: string, wanted: RegExp): string[] {
  if (wanted.test(value)) return [];
  throw new UsageError(`--gen_kwargs has ${key}=${value}, but answers are greedy here`);
}
