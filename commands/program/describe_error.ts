import { NotFiniteError } from "../../lib/tensor/not_finite_error.ts";
import { InputError } from "../../lib/input/input_error.ts";
import { UnusableLedgerError } from "../../lib/chain/local_chain.ts";
import { CorruptFileError } from "../../lib/file/corrupt_file_error.ts";
import { UnusableTextError } from "../../lib/corpus/read_text_file.ts";
import { NotANumberError } from "../../lib/evaluation/checkpoint_model.ts";
import { ChatTemplateError } from "../../lib/template/chat_template.ts";
import {
  type ModelSetting,
  ModelSettingError,
} from "../../lib/evaluation/model/model_setting_error.ts";
import { DocumentError } from "../../lib/evaluation/documents/document.ts";
import { TaskFileError } from "../../lib/evaluation/task_file/task_file_error.ts";
import { UnknownTaskError } from "../../lib/evaluation/select_tasks.ts";
import { HubError, type HubErrorKind } from "../../lib/hub/hub_error.ts";
import { DeviceUnavailableError, EngineError } from "../../lib/engine/engine.ts";
import { nearest } from "../../lib/terminal/nearest.ts";
import { RunDefinitionError, UnknownKeyError } from "../../lib/swarm/run_definition.ts";
import { DamagedRunError } from "../../lib/swarm/replay.ts";
import { DirectoryInUseError } from "../../lib/node/local/lock_directory.ts";
import { DivergedError } from "../../lib/node/local/local_swarm.ts";
import { TokenizerError } from "../../lib/tokenizer/tokenizer_file.ts";
import { describeSystemError } from "./describe_system_error.ts";
import { LinkOutsideError } from "./check_links.ts";
import { InterruptedError, NotYetError, RefusedRequestError, UsageError } from "../command.ts";
import type { ErrorDescription } from "./error_description.ts";
import { DEVICE_NAMES, DEVICES } from "../../lib/engine/devices.ts";

/** Maximum length of an error text, characters. */
const TEXT_LENGTH_MAX = 600;

type Kind = new (...args: never[]) => Error;

/** What devices need, for a hint. */
const NEEDS = DEVICE_NAMES.filter((name) => DEVICES[name].requirement !== undefined)
  .map((name) => `${name} needs ${DEVICES[name].requirement}`).join(", ");

/** Errors that are expected, most specific first. */
const KNOWN: readonly [kind: Kind, exitCode: number, hint: string | undefined][] = [
  [InputError, 2, undefined],
  [InterruptedError, 130, "run the same command again to continue"],
  [RunDefinitionError, 2, undefined],
  [
    UnusableTextError,
    2,
    'give UTF-8 text, .jsonl with a "text" in each line, or .npy token shards',
  ],
  [
    TokenizerError,
    2,
    "give a Hugging Face tokenizer.json with a BPE model; without one, train uses bytes",
  ],
  [
    DamagedRunError,
    6,
    "a file of the run was lost or changed; fetch the run's directory again, buckets and all",
  ],
  [
    DocumentError,
    6,
    "documents need the columns that the task names; templates are explained in docs",
  ],
  [ChatTemplateError, 6, "leave --apply-chat-template out, or give another with --chat-template"],
  [TaskFileError, 2, "want the keys of an lm-evaluation-harness task; functions are not run"],
  [
    NotANumberError,
    6,
    "try --device cpu; finite weights can still be too large to compute with",
  ],
  [
    LinkOutsideError,
    4,
    "replace the link with its target, or give the target itself as the option",
  ],
  [NotYetError, 5, "wait for the run's first window, or train it further"],
  [
    UnusableLedgerError,
    6,
    "restore the run's ledger.sqlite, or remove it: train rebuilds it from the run's files",
  ],
  [CorruptFileError, 6, "fetch or create the file again; nothing was changed"],
  [
    NotFiniteError,
    1,
    "train with a lower learning rate: schedule.peak in a run.yaml given with --run",
  ],
  [
    Deno.errors.BrokenPipe,
    1,
    "the reader of the output is gone; run the same command again to continue",
  ],
  [
    DeviceUnavailableError,
    2,
    `choose --device cpu; ${NEEDS}`,
  ],
  [DirectoryInUseError, 5, "wait for it, or choose another --out"],
  [DivergedError, 1, "this is a bug: please report it with events.jsonl"],
  [
    EngineError,
    1,
    "try --device cpu, or less at a time: train --micro-batch, eval --batch-tokens or --blocks",
  ],
];

/** Exit codes and hints of hub errors. */
const HUB: Readonly<Record<HubErrorKind, { exitCode: number; hint: string }>> = {
  missing: {
    exitCode: 2,
    hint: "check name and revision; a local path must contain a config.json",
  },
  forbidden: {
    exitCode: 4,
    hint: "accept its terms on its page, and give your token in HF_TOKEN",
  },
  unavailable: { exitCode: 5, hint: "run the same command again: downloaded data is kept" },
  corrupt: {
    exitCode: 6,
    hint: "run the same command again; if this persists, the file on the hub is damaged",
  },
};

/** What to do about settings that a model does not allow. */
const MODEL_SETTINGS: Readonly<Record<ModelSetting, string>> = {
  tokenizer: "give --tokenizer FILE",
  lengthMax: "lower --max-length, or raise --override max_position_embeddings=N",
  bos: "leave --add-bos out, or name bos_token in tokenizer_config.json",
  chatTemplate:
    "give one that it has with --chat-template NAME, or ask without --apply-chat-template",
};

/** Converts an error to text, hint and exit code; the only place that does. */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { text: String(error), hint: undefined, exitCode: 1 };
  const text = error instanceof UsageError
    ? withoutPassword(error.message)
    : oneLine(error.message);
  if (error instanceof UsageError) return { text, hint: undefined, exitCode: error.exitCode };
  if (error instanceof RefusedRequestError) return { text, hint: error.hint, exitCode: 2 };
  if (error instanceof UnknownKeyError) {
    const guess = nearest(error.path.at(-1)!, error.known);
    const key = guess && [...error.path.slice(0, -1), guess].join(".");
    return { text, hint: key && `did you mean "${key}"?`, exitCode: 2 };
  }
  if (error instanceof UnknownTaskError) {
    const guess = nearest(error.task, error.known);
    return { text, hint: guess && `did you mean ${guess}?`, exitCode: 2 };
  }
  if (error instanceof ModelSettingError) {
    return { text, hint: MODEL_SETTINGS[error.setting], exitCode: 2 };
  }
  if (error instanceof HubError) return { text, ...HUB[error.kind] };
  for (const [kind, exitCode, hint] of KNOWN) {
    if (error instanceof kind) return { text, hint, exitCode };
  }
  const system = describeSystemError(error);
  if (system) return system;
  if (error instanceof Deno.errors.NotCapable) {
    const path = /access to "([^"]+)"/.exec(error.message)?.[1] ?? "something";
    return {
      text: `Cannot reach ${path}: it is outside of what this command may read, write or ask`,
      exitCode: 4,
      hint:
        "move it below a directory that is given as an option; --explain-permissions lists them",
    };
  }
  return { text, hint: "this is a bug: please report it with the line you ran", exitCode: 1 };
}

/**
 * Shortens an error to one line. Third-party errors may quote long input, contents of a file of another
 * format, or a URL with the user's password.
 */
function oneLine(text: string): string {
  const line = withoutPassword(text).replace(/\s+/g, " ").trim()
    .replace(/\w+ token .{0,100}? is not valid JSON/, "it is not JSON")
    .replace(/"[^"]{0,100}"(\.\.\.)? is not valid JSON/, "it is not JSON");
  return line.length > TEXT_LENGTH_MAX ? `${line.slice(0, TEXT_LENGTH_MAX)}...` : line;
}

function withoutPassword(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, "$1");
}
