import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceFile } from "../../lib/file/replace_file.ts";
import type { TaskFailure, TaskResult } from "../../lib/evaluation/evaluate.ts";
import type { GroupResult } from "../../lib/evaluation/group_result.ts";
import { resultDocument } from "../../lib/evaluation/result_document.ts";
import { sampleLines } from "../../lib/evaluation/sample_lines.ts";
import { parameterCount } from "../../lib/llama/model/parameters.ts";
import { VERSION } from "../program/version.ts";
import type { OpenModel } from "../../lib/evaluation/model/open_model.ts";
import type { FoundModel } from "../hub/find_model.ts";
import type { EvalOptions } from "./parse.ts";

/** Facts about an evaluation, besides its results. */
export interface EvalFacts {
  /** Options. */
  readonly options: EvalOptions;
  /** Model. */
  readonly model: OpenModel & FoundModel;
  /** End time, milliseconds since 1970. */
  readonly nowMs: number;
  /** Duration, seconds. */
  readonly seconds: number;
}

/** Builds the result document of an evaluation. */
export function evalDocument(
  { model, nowMs, options, seconds }: EvalFacts,
  results: readonly TaskResult[],
  groups: readonly GroupResult[],
  failures: readonly TaskFailure[],
): Record<string, unknown> {
  const { chat, encoder } = model;
  const token = (id: number | undefined) =>
    id === undefined ? null : [encoder.tokenizer.token(id) ?? "", String(id)];
  return resultDocument(results, groups, {
    config: {
      model: "covey",
      model_args: {
        pretrained: options.model,
        ...(options.revision === undefined ? {} : { revision: options.revision }),
        add_bos: options.addBos,
        ...options.override,
      },
      model_num_parameters: parameterCount(model.config),
      model_dtype: model.types.join(", "),
      model_revision: options.revision ?? "main",
      model_sha: model.commit ?? "",
      model_fingerprint: model.fingerprint,
      batch_size: options.batchTokens ?? "auto",
      batch_sizes: [],
      device: options.device,
      use_cache: null,
      limit: options.limit ?? null,
      bootstrap_iters: options.bootstrapIters ?? 1000,
      gen_kwargs: options.maxGenToks === undefined ? null : { max_gen_toks: options.maxGenToks },
      random_seed: 0,
      numpy_seed: 1234,
      torch_seed: 1234,
      fewshot_seed: options.seed ?? 1234,
    },
    more: {
      date: nowMs / 1000,
      covey_version: VERSION,
      tokenizer_bos_token: token(encoder.options.bosToken),
      tokenizer_eos_token: token(encoder.options.eosTokens[0]),
      eot_token_id: encoder.options.eosTokens[0] ?? null,
      max_length: encoder.options.lengthMax,
      model_source: "covey",
      model_name: options.model,
      model_name_sanitized: sanitize(options.model),
      system_instruction: options.systemInstruction ?? null,
      system_instruction_sha: sha256(options.systemInstruction),
      fewshot_as_multiturn: chat?.options.multiturn ?? null,
      chat_template: chat?.source ?? null,
      chat_template_sha: sha256(chat?.source),
      git_hash: null,
      failed: Object.fromEntries(failures.map(({ error, name }) => [name, error.message])),
      total_evaluation_time_seconds: String(seconds),
    },
  });
}

function sha256(text: string | undefined): string | null {
  return text === undefined ? null : createHash("sha256").update(text).digest("hex");
}

/** Checks, before anything is computed, that results can be written. */
export async function prepareOutput(outputPath: string, model: string): Promise<void> {
  const folder = folderOf(outputPath, model);
  await mkdir(folder, { recursive: true });
  await rm(await Deno.makeTempFile({ dir: folder, prefix: ".covey-" }));
}

/** Returns the directory for result files. */
export function folderOf(outputPath: string, model: string): string {
  return outputPath.endsWith(".json") ? dirname(outputPath) : join(outputPath, sanitize(model));
}

/**
 * Writes a result file, and a file of samples for each task.
 *
 * @param outputPath Directory, or a file that ends in `.json`.
 * @returns Paths of the files written.
 */
export async function writeResults(
  outputPath: string,
  { nowMs, options }: EvalFacts,
  document: Record<string, unknown>,
  results: readonly TaskResult[],
): Promise<string[]> {
  const stamp = localTime(nowMs);
  const isFile = outputPath.endsWith(".json");
  const folder = folderOf(outputPath, options.model);
  const paths = [
    isFile
      ? `${outputPath.slice(0, -".json".length)}_${stamp}.json`
      : join(folder, `results_${stamp}.json`),
  ];
  await replaceFile(paths[0], [JSON.stringify(document, null, 2) + "\n"]);
  for (const result of results) {
    const path = join(folder, `samples_${sanitize(result.task.name)}_${stamp}.jsonl`);
    await replaceFile(path, sampleLines(result).map((line) => line + "\n"));
    paths.push(path);
  }
  return paths;
}

/** Replaces characters that are not allowed in file names. */
function sanitize(name: string): string {
  const safe = name.replace(/["<>:/|\\?*[\]]+/g, "__");
  return /^\.+$/.test(safe) ? `__${safe.length}` : safe;
}

/** Formats local time as ISO 8601 without colons: `2026-01-31T23-59-59.123000`. */
function localTime(ms: number): string {
  const date = new Date(ms);
  const local = new Date(ms - date.getTimezoneOffset() * 60_000);
  return local.toISOString().replace("Z", "000").replaceAll(":", "-");
}
