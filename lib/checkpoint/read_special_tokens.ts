import { join } from "node:path";
import { readTextIfAny } from "../file/read_text_if_any.ts";
import { parseJsonObject } from "../file/parse_json_object.ts";
import { TokenizerFile } from "../tokenizer/tokenizer_file.ts";
import type { LocatedModel } from "./locate_model.ts";
/**
 * Reads the BOS and EOS tokens: from the tokenizer's settings if they name them, else from `config.json`. The
 * EOS tokens of all files are combined: chat models end their answers with other tokens than documents.
 */
export async function readSpecialTokens(
  directory: string,
  tokenizer: TokenizerFile,
  named: TokenizerFile["named"],
  { config }: LocatedModel,
): Promise<{ bos: number | undefined; eos: number[] }> {
  const { eos_token_id: generationEnd } = await readSettings(
    join(directory, "generation_config.json"),
  );
  const idOf = (name: string) => tokenizer.ids.get(named.get(name) ?? "");
  const known = named.has("bos_token") || named.has("eos_token");
  const ends = [idOf("eos_token"), ...config.eosTokenIds, ...[generationEnd].flat()];
  return {
    bos: known ? idOf("bos_token") : config.bosTokenId,
    eos: [...new Set(ends.filter((id) => Number.isInteger(id)))] as number[],
  };
}

/** Reads a file of settings; empty if there is none. */
async function readSettings(path: string): Promise<Record<string, unknown>> {
  return parseJsonObject(path, await readTextIfAny(path) ?? "{}");
}
