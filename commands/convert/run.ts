import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { averageReleases } from "../../lib/convert/average_releases.ts";
import { describeRelease, type ReleaseDescription } from "../../lib/convert/describe_release.ts";
import { openRelease } from "../../lib/convert/open_release.ts";
import type { Release } from "../../lib/convert/release.ts";
import { writeRelease } from "../../lib/convert/write_release.ts";
import { formatBytes, formatCount } from "../../lib/report/format_quantity.ts";
import { type CommandDependencies, RefusedRequestError } from "../command.ts";
import { findModel, mayBeHubId } from "../hub/find_model.ts";
import { openHub } from "../hub/open_hub.ts";
import type { ConvertOptions } from "./parse.ts";
import { ConvertProgress } from "./progress.ts";

/** Describes a model, or writes it in another format. */
export async function runConvert(
  options: ConvertOptions,
  dependencies: CommandDependencies,
): Promise<number> {
  const { terminal } = dependencies;
  const progress = new ConvertProgress(terminal, options.quiet, dependencies.stopwatch);
  using _beat = dependencies.everySecond(() => progress.beat());
  const release = await openInputs(options, dependencies, progress);
  try {
    for (const note of release.notes) terminal.error(`note    ${note}\n`);
    if (options.output === undefined) {
      const description = describeRelease(release);
      terminal.out(
        options.json
          ? JSON.stringify(description, null, 2) + "\n"
          : descriptionLines(description).join("\n") + "\n",
      );
      return 0;
    }
    await write(release, options, options.output, progress, dependencies);
    return 0;
  } finally {
    await release.close();
  }
}

async function openInputs(
  options: ConvertOptions,
  dependencies: CommandDependencies,
  progress: ConvertProgress,
): Promise<Release> {
  const { average, hub: settings, input, revision, weights } = options;
  const inputs = [input, ...average];
  const online = inputs.some(mayBeHubId) && !settings.offline;
  const hub = await openHub(settings, online, dependencies, progress);
  const opened: Release[] = [];
  try {
    for (const [i, model] of inputs.entries()) {
      const named = { model, revision: i === 0 ? revision : undefined };
      const isNamed = mayBeHubId(model) || named.revision !== undefined;
      const fetched = isNamed ? await findModel(named, hub) : undefined;
      opened.push(await openRelease(fetched?.directory ?? model));
    }
    return opened.length === 1
      ? opened[0]
      : averageReleases(opened, weights ?? opened.map(() => 1));
  } catch (cause) {
    for (const release of opened) await release.close();
    throw cause;
  } finally {
    progress.clear();
  }
}

async function write(
  release: Release,
  options: ConvertOptions,
  output: string,
  progress: ConvertProgress,
  { signal, terminal }: CommandDependencies,
): Promise<void> {
  for (const input of [options.input, ...options.average]) refuseSamePlace(input, output);
  const { bytes } = describeRelease(release);
  const total = Object.values(bytes).reduce((sum, each) => sum + each, 0);
  let written = 0;
  const onBytes = (count: number) => progress.written(written += count, total);
  try {
    const report = await writeRelease(output, options.to, release, {
      dtype: options.dtype,
      shardBytesMax: options.shardSize,
      name: options.name ?? basename(resolve(options.input)),
      pre: options.pre,
    }, { onBytes, signal });
    progress.clear();
    const lost = report.summary();
    if (lost !== undefined) terminal.error(`note    ${lost}\n`);
    terminal.out(`wrote   ${output}  ${formatBytes(written)}\n`);
  } finally {
    progress.clear();
  }
}

/** A conversion reads its inputs until the end. */
function refuseSamePlace(input: string, output: string): void {
  const inputs = [input, join(input, "checkpoint")].filter((path) => existsSync(path));
  const same = existsSync(output) &&
    inputs.some((each) => realpathSync(each) === realpathSync(output));
  if (!same) return;
  const what = statSync(output).isDirectory() ? "directory" : "file";
  throw new RefusedRequestError(
    `Cannot write ${output}: it is the ${what} that is read`,
    "choose another OUTPUT",
  );
}

function descriptionLines(description: ReleaseDescription): string[] {
  const { architecture, bytes, config, format, parameters, targets, tensors, tokenizer } =
    description;
  const types = Object.entries(bytes).map(([type, count]) => `${formatBytes(count)} of ${type}`);
  const shape = [
    `${config.num_hidden_layers} layers`,
    `hidden ${config.hidden_size}`,
    `feed-forward ${config.intermediate_size}`,
    `heads ${config.num_attention_heads}/${config.num_key_value_heads}`,
    `vocabulary ${config.vocab_size}`,
    `context ${config.max_position_embeddings}`,
  ];
  return [
    `format      ${format}`,
    `model       ${architecture} of ${formatCount(parameters)} parameters`,
    `shape       ${shape.join(", ")}`,
    `weights     ${tensors.length} tensors, ${types.join(", ")}`,
    `tokenizer   ${tokenizer ? "tokenizer.json" : "none"}`,
    `becomes     ${targets.join(", ")}`,
  ];
}
