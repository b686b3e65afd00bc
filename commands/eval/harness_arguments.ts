import { UsageError } from "../command.ts";
import { CONFIG_KEYS } from "../../lib/llama/model/config_file.ts";
import { nearest } from "../../lib/terminal/nearest.ts";
import {
  BACKENDS,
  GEN_KWARGS,
  type KeyTable,
  MODEL_ARGS,
  OTHER_BACKENDS,
  REFUSED_OPTIONS,
  settledKwargs,
} from "./harness_keys.ts";
import { isTruthWord } from "../arguments/option_values.ts";

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
const DEVICES: Readonly<Record<string, string>> = { mps: "webgpu", "mps:0": "webgpu", gpu: "auto" };

/** What stands behind the name of an option. */
interface Values {
  /** The word behind it that passes, or whatever is behind its `=`. */
  one(test?: (word: string) => boolean): string | undefined;
  /** All words up to the next option. */
  all(): string[];
}

const drop = () => [];
/** An option whose value changes no result, and must be one of these words all the same. */
const dropValue = (wanted: RegExp) => (values: Values) => {
  values.one((word) => wanted.test(word));
  return [];
};
const BATCH = /^(auto(:\d+)?|\d+)$/;
const refuse = (name: string, why: string) => () => {
  throw new UsageError(`${name.replaceAll("-", "_").replace("__", "--")} is not taken: ${why}`);
};

/**
 * Options that are not simply passed on, and what they become.
 *
 * @param isHarness Whether no word behind a list can be MODEL.
 */
const OPTIONS: Readonly<Record<string, (values: Values, isHarness: boolean) => string[]>> = {
  "--log-samples": drop,
  "--check-integrity": drop,
  "--write-out": drop,
  "--show-config": drop,
  "--confirm-run-unsafe-code": drop,
  "--batch-size": dropValue(BATCH),
  "--max-batch-size": dropValue(BATCH),
  "--use-cache": dropValue(/./),
  "--cache-requests": dropValue(/^(true|refresh|delete)$/),
  "--verbosity": dropValue(/^[A-Z]+$/),
  ...Object.fromEntries(
    Object.entries(REFUSED_OPTIONS).map(([name, why]) => [name, refuse(name, why)]),
  ),
  "--model": (values) => {
    const model = values.one();
    if (model === undefined) return ["--model"];
    if (OTHER_BACKENDS.has(model)) {
      throw new UsageError(
        `--model ${model} is not taken: it would score in another way than here; want --model hf`,
      );
    }
    return BACKENDS.has(model) ? [] : [model];
  },
  "--model-args": (values) => settings("--model_args", values.all(), MODEL_ARGS, lastOfEach),
  "--gen-kwargs": (values) => settings("--gen_kwargs", values.all(), GEN_KWARGS, settledKwargs),
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
  if (/^(ls|validate)$/.test(args[0] ?? "") && args.length > 1) {
    throw new UsageError(`${args[0]} of the harness is not offered; --tasks list shows the tasks`);
  }
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
function settings(
  option: string,
  values: string[],
  known: KeyTable,
  settle: (found: [string, string][]) => [string, string][],
): string[] {
  return settle(pairs(values.join(","))).flatMap(([key, value]) => {
    if (Object.hasOwn(known, key)) return known[key](value);
    const isConfig = CONFIG_KEYS.includes(key);
    const guess = nearest(key, Object.keys(known));
    throw new UsageError(
      `${option} has "${key}", which is not taken${
        isConfig
          ? `; want --override ${key}=${value}`
          : guess === undefined
          ? ""
          : ` (Did you mean ${guess}?)`
      }`,
    );
  });
}

/** Of a key that is given twice the last value counts. */
function lastOfEach(found: [string, string][]): [string, string][] {
  return [...new Map(found)];
}

/** `a=1, b=2`, or the same as a JSON object. */
function pairs(text: string): [string, string][] {
  if (text.trimStart().startsWith("{")) {
    try {
      const entries = Object.entries(JSON.parse(text));
      return entries.map(([key, value]) => [key, value === null ? "None" : String(value)]);
    } catch {
      throw new UsageError(`${text} is no JSON object`);
    }
  }
  return text.split(",").map((each) => each.trim()).filter((each) => each !== "").map((each) => {
    const [key, value = ""] = each.split(/=(.*)/s, 2);
    return [key.trim(), value.trim().replace(/^(["'])(.*)\1$/, "$2")];
  });
}

/** Whether `--model` says how the harness runs models, and not which. */
function hasBackend(words: readonly string[]): boolean {
  const at = words.findIndex((word) => /^--model(=|$)/.test(word));
  return BACKENDS.has(words[at]?.split("=")[1] ?? words[at + 1] ?? "");
}
