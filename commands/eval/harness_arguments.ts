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

/** Beginning of an option. */
const OPTION = /^--?[A-Za-z]/;
/** Short names and aliases. */
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

/** Values that follow the name of an option. */
interface Values {
  /** Takes the next word if it passes the test, or whatever follows its `=`. */
  one(test?: (word: string) => boolean): string | undefined;
  /** Takes all words up to the next option. */
  all(): string[];
}

const drop = () => [];
/** Drops an option that changes no result, with its value if that is one of the wanted words. */
const dropValue = (wanted: RegExp) => (values: Values) => {
  values.one((word) => wanted.test(word));
  return [];
};
const BATCH = /^(auto(:\d+)?|\d+)$/;
const refuse = (name: string, why: string) => () => {
  throw new UsageError(`${name.replaceAll("-", "_").replace("__", "--")} is not supported: ${why}`);
};

/**
 * Translations of options that are not passed on unchanged.
 *
 * @param isHarness Whether no word after a list can be MODEL.
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
        `--model ${model} is not supported: it would score differently; want --model hf`,
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
    throw new UsageError(`--apply-chat-template is ${name}: omit it instead`);
  },
};

/**
 * Translates a command line of lm-evaluation-harness to one of `covey eval`; native ones pass unchanged.
 * Names may have underscores, and options that change no result here are dropped.
 *
 * @param withValue Native options that have a value, which is left as it is.
 * @throws UsageError for unsupported options that would change a result.
 */
export function harnessArguments(
  args: readonly string[],
  withValue: ReadonlySet<string>,
): string[] {
  const isHarness = args.map(hyphened).some((word) => /^--model(-args)?(=|$)/.test(word));
  // `lm_eval run` means `lm_eval`.
  const all = isHarness && args[0] === "run" ? args.slice(1) : args;
  if (/^(ls|validate)$/.test(args[0] ?? "") && args.length > 1) {
    throw new UsageError(`${args[0]} of the harness is not supported; --tasks list shows tasks`);
  }
  const words = all.map(hyphened);
  if (isHarness && !/"?pretrained"?\s*[=:]/.test(words.join(" ")) && hasBackend(words)) {
    throw new UsageError("--model requires --model_args pretrained=MODEL");
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

/** Normalises an option's name: `--num_fewshot=5` and `-f=5` become `--num-fewshot=5`. */
function hyphened(arg: string): string {
  if (!OPTION.test(arg)) return arg;
  // `-L10` means `-L 10`.
  const [, short, rest] = /^(-[A-Za-z])([\d{].*)$/s.exec(arg) ?? [];
  if (short && short in NAMES) return `${NAMES[short]}=${rest}`;
  const [name, ...value] = arg.split("=");
  const plain = name.replaceAll("_", "-");
  return [NAMES[plain] ?? plain, ...value].join("=");
}

/** Converts settings such as `pretrained=org/name,dtype=float32` to options. */
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
      `${option} has "${key}", which is not supported${
        isConfig
          ? `; want --override ${key}=${value}`
          : guess === undefined
          ? ""
          : ` (Did you mean ${guess}?)`
      }`,
    );
  });
}

/** Keeps the last value of a repeated key. */
function lastOfEach(found: [string, string][]): [string, string][] {
  return [...new Map(found)];
}

/** Parses `a=1, b=2`, or the same as a JSON object. */
function pairs(text: string): [string, string][] {
  if (text.trimStart().startsWith("{")) {
    try {
      const entries = Object.entries(JSON.parse(text));
      return entries.map(([key, value]) => [key, value === null ? "None" : String(value)]);
    } catch {
      throw new UsageError(`${text} is not a JSON object`);
    }
  }
  return text.split(",").map((each) => each.trim()).filter((each) => each !== "").map((each) => {
    const [key, value = ""] = each.split(/=(.*)/s, 2);
    return [key.trim(), value.trim().replace(/^(["'])(.*)\1$/, "$2")];
  });
}

/** Reports whether `--model` names a backend of the harness instead of a model. */
function hasBackend(words: readonly string[]): boolean {
  const at = words.findIndex((word) => /^--model(=|$)/.test(word));
  return BACKENDS.has(words[at]?.split("=")[1] ?? words[at + 1] ?? "");
}
