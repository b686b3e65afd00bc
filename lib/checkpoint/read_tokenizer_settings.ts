import { join } from "node:path";
import {
  NAMED_TOKENS,
  type TokenizerSettings,
  type TokenProperties,
} from "../tokenizer/tokenizer_settings.ts";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import { parseJsonObject } from "../file/parse_json_object.ts";
import { readTextIfAny } from "../file/read_text_if_any.ts";

/** Settings of a tokenizer, and further contents of their files. */
export interface TokenizerSettingFiles extends TokenizerSettings {
  /** `chat_template`, unchecked. */
  readonly chatTemplate: unknown;
  /** File of the settings. */
  readonly path: string;
}

/**
 * Reads the settings beside a `tokenizer.json`, as transformers does: if `tokenizer_config.json` has no key
 * `added_tokens_decoder`, `special_tokens_map.json` overrides it and `added_tokens.json` applies.
 *
 * @throws CorruptFileError when a file is not a JSON object, or holds values that transformers refuses.
 */
export async function readTokenizerSettings(directory: string): Promise<TokenizerSettingFiles> {
  const read = async (name: string) => {
    const path = join(directory, name);
    return parseJsonObject(path, await readTextIfAny(path) ?? "{}");
  };
  const path = join(directory, "tokenizer_config.json");
  const config = await read("tokenizer_config.json");
  const model = await read("config.json");
  const isListed = Object.hasOwn(config, "added_tokens_decoder");
  const map = isListed ? {} : await read("special_tokens_map.json");
  const further = isListed ? {} : await read("added_tokens.json");
  const values = { ...config, ...map };
  const lists = [config.extra_special_tokens, map.extra_special_tokens];
  if (lists.every(Array.isArray)) values.extra_special_tokens = lists.flat();
  checkValues(path, values);
  checkTokens(path, config);
  const ends = ["add_bos_token", "add_eos_token"].find((name) => Object.hasOwn(map, name));
  if (ends !== undefined) {
    throw new CorruptFileError(
      `Cannot read special_tokens_map.json beside ${path}: ${ends} there would change ` +
        "the special tokens around texts, which is not supported",
    );
  }
  const className = config.tokenizer_class ?? model.tokenizer_class ?? undefined;
  if (className !== undefined && typeof className !== "string") {
    throw new CorruptFileError(`Cannot read ${path}: tokenizer_class is not a string`);
  }
  return {
    values,
    listed: isListed ? listedTokens(path, config.added_tokens_decoder) : undefined,
    further: new Map(Object.entries(further).map(([text, id]) => [text, Number(id)])),
    className,
    modelType: typeof model.model_type === "string" ? model.model_type : undefined,
    chatTemplate: values.chat_template,
    path,
  };
}

function listedTokens(path: string, listed: unknown): Map<number, TokenProperties> {
  const entries = typeof listed === "object" && listed !== null
    ? Object.entries(listed)
    : undefined;
  if (!entries?.every(([id, token]) => /^\d+$/.test(id) && typeof token?.content === "string")) {
    throw new CorruptFileError(
      `Cannot read ${path}: added_tokens_decoder is not an object of tokens by id`,
    );
  }
  return new Map(entries.map(([id, token]) => [Number(id), token]));
}

/** Checks that each token is a string, or an object that declares itself an `AddedToken`. */
function checkTokens(path: string, config: Readonly<Record<string, unknown>>): void {
  const extra = config.extra_special_tokens ?? config.additional_special_tokens;
  const named = NAMED_TOKENS.map((name) => [name, config[name]] as const);
  const more = (Array.isArray(extra) ? extra : []).map((token) => ["a special token", token]);
  for (const [name, token] of [...named, ...more]) {
    const isObject = typeof token === "object" && token !== null;
    if (!isObject || (token as { __type?: unknown }).__type === "AddedToken") continue;
    throw new CorruptFileError(
      `Cannot read ${path}: ${name} is an object without "__type": "AddedToken"`,
    );
  }
}

/** Refuses, by name, what transformers fails on, and unsupported values that would change tokens. */
function checkValues(path: string, values: Readonly<Record<string, unknown>>): void {
  const fail = (what: string) => {
    throw new CorruptFileError(`Cannot read ${path}: ${what}`);
  };
  for (const side of ["padding_side", "truncation_side"]) {
    const value = values[side];
    if (value !== undefined && value !== "left" && value !== "right") {
      fail(`${side} is ${JSON.stringify(value)}, want left or right`);
    }
  }
  const cleaned = "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output";
  if (values[cleaned] === true && values.clean_up_tokenization_spaces === true) {
    fail(`${cleaned} is not supported`);
  }
  if (values.fix_mistral_regex === true) fail("fix_mistral_regex is not supported");
  const versions = values.fast_tokenizer_files;
  if (Array.isArray(versions) && versions.some((name) => /^tokenizer\.\d/.test(String(name)))) {
    fail("fast_tokenizer_files names other files than tokenizer.json, which are not read");
  }
}
