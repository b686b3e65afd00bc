import { type TargetName, targetOf, TARGETS } from "../../lib/convert/targets.ts";
import type { HubSettings } from "../../lib/hub/hub_settings.ts";
import { hubFrom } from "../hub/hub_from.ts";
import { parseArguments } from "../arguments/parse_arguments.ts";
import { UsageError } from "../command.ts";

/** Options of `covey convert`. */
export interface ConvertOptions {
  /** Model to read. */
  input: string;
  /** Where to write; undefined describes the input. */
  output: string | undefined;
  /** Revision of a model on the hub. */
  revision: string | undefined;
  /** Access to the hub. */
  hub: HubSettings;
  /** Further models, to be averaged with the input. */
  average: string[];
  /** Weights of the input and of these; undefined for equal ones. */
  weights: number[] | undefined;
  /** Format to write. */
  to: TargetName;
  /** Type of the weights, as the target names it; undefined keeps the input's. */
  dtype: string | undefined;
  /** Longest weight file, bytes. */
  shardSize: number;
  /** Name of the model. */
  name: string | undefined;
  /** Name of the pre-tokenizer. */
  pre: string | undefined;
  /** Write the description as JSON. */
  json: boolean;
  /** Show no progress. */
  quiet: boolean;
}

/** Longest weight file that Hugging Face's tools write by default, bytes. */
const SHARD_BYTES = 5_000_000_000;

/**
 * Reads the arguments of `covey convert`.
 *
 * @throws UsageError for whatever is not understood; also carries the help text.
 */
export function parseConvertOptions(
  args: string[],
  environment: Record<string, string>,
): ConvertOptions {
  const parsed = parseArguments("convert", args, environment);
  const given = parsed.options as Partial<ConvertOptions>;
  const [input, output] = parsed.args;
  if (input === "" || output === "") throw new UsageError("INPUT and OUTPUT may not be empty");
  if (output !== undefined && [input, ...(given.average ?? [])].includes(`${output}.tmp`)) {
    throw new UsageError(
      `${output}.tmp is what OUTPUT is called until it is whole: it cannot be read`,
    );
  }
  const to = given.to ?? targetOf(output ?? "");
  const options: ConvertOptions = {
    input,
    output,
    revision: given.revision,
    hub: hubFrom(environment),
    average: given.average ?? [],
    weights: given.weights,
    to,
    dtype: given.dtype,
    shardSize: given.shardSize ?? SHARD_BYTES,
    name: given.name,
    pre: given.pre,
    json: given.json ?? false,
    quiet: given.quiet ?? false,
  };
  const { dtypes } = TARGETS[to];
  if (options.dtype !== undefined && !Object.hasOwn(dtypes, options.dtype)) {
    throw new UsageError(
      `--dtype ${options.dtype} is none of ${to}, want ${Object.keys(dtypes).join(", ")}`,
    );
  }
  const models = 1 + options.average.length;
  if (options.weights !== undefined && options.weights.length !== models) {
    throw new UsageError(
      `--weights has ${options.weights.length} numbers, want ${models}: INPUT's and one for each of --average`,
    );
  }
  const idle = output === undefined
    ? (["to", "dtype", "shardSize", "average", "weights", "name", "pre"] as const).find((key) =>
      given[key] !== undefined
    )
    : given.json
    ? "json"
    : undefined;
  if (idle !== undefined) {
    const option = `--${idle.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new UsageError(`${option} is for ${output === undefined ? "an OUTPUT" : "no OUTPUT"}`);
  }
  return options;
}
