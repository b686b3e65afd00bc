import { createHash } from "node:crypto";
import { dump, load } from "js-yaml";
import * as v from "valibot";
import { formatLlamaConfig } from "../llama/model/format_llama_config.ts";
import { PRESETS } from "../llama/model/presets.ts";
import { PARTIAL_POLICY_SCHEMA, POLICY_SCHEMA } from "../gauntlet/policy.ts";
import { canonicalJson } from "./statement/canonical_json.ts";
import { describeIssue, unknownKey } from "../input/describe_issue.ts";

const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const decay = v.pipe(v.number(), v.minValue(0), v.ltValue(1));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const seconds = v.pipe(positive, v.maxValue(1e6));
const STEPS_MAX = 2 ** 40;
const steps = whole(0, STEPS_MAX);
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const SCHEDULE = v.strictObject({
  peak: positive,
  warmupSteps: steps,
  cosineSteps: steps,
  floorFraction: fraction,
  plateau: v.exactOptional(v.strictObject({ startStep: steps, steps })),
  anneal: v.exactOptional(v.strictObject({
    startStep: steps,
    warmupSteps: steps,
    decaySteps: steps,
    peakFraction: fraction,
    endFraction: fraction,
  })),
});

const DEFINITION = v.strictObject({
  version: v.literal(
    2,
    "2; earlier versions had no validator: start a new run, --from accepts the old one's checkpoint",
  ),
  seed: whole(0, 2 ** 32 - 1),
  model: v.strictObject(Object.fromEntries(
    Object.keys(formatLlamaConfig(PRESETS.tiny)).map((key) => [key, v.exactOptional(v.unknown())]),
  )),
  corpus: digest,
  initialState: digest,
  training: v.strictObject({
    innerSteps: whole(1, 1_000_000),
    batch: whole(1, 1_000_000),
    sequence: whole(2, 1_000_000),
    betas: v.strictTuple([decay, decay]),
    epsilon: positive,
    weightDecay: fraction,
    clipNorm: positive,
    schedule: SCHEDULE,
  }),
  sparseloco: v.strictObject({
    topk: whole(2, 4096),
    errorFeedbackDecay: fraction,
    aggregation: v.picklist(["selected-mean", "peer-mean"]),
    outerLearningRate: v.pipe(positive, v.maxValue(100)),
  }),
  gauntlet: POLICY_SCHEMA,
  window: v.strictObject({
    blocks: whole(1, 1_000_000),
    blockSeconds: seconds,
    commitSeconds: seconds,
    acceptanceSeconds: seconds,
    digestSeconds: seconds,
  }),
});

/** Settings that all peers of a run must share. Machine-specific settings are not part of it. */
export type RunDefinition = v.InferOutput<typeof DEFINITION>;

/** A definition in which any setting may be left to its default. */
export type PartialRunDefinition = DeepPartial<RunDefinition>;

type DeepPartial<Value> = Value extends readonly unknown[] ? Value
  : Value extends object ? { [Key in keyof Value]?: DeepPartial<Value[Key]> }
  : Value;

/** A run definition that cannot be used. */
export class RunDefinitionError extends Error {
  override readonly name: string = "RunDefinitionError";
}

/** Name for a definition without a file, in messages. */
const UNNAMED = "run definition";

/** A run definition with an unknown key. */
export class UnknownKeyError extends RunDefinitionError {
  override readonly name = "UnknownKeyError";

  /**
   * @param file File name for the message.
   * @param path Keys from the outermost to the unknown one.
   * @param known Keys allowed in its place.
   */
  constructor(file: string, readonly path: readonly string[], readonly known: readonly string[]) {
    super(`Cannot read ${file}: unknown key "${path.join(".")}", want ${known.join(", ")}`);
  }
}

/**
 * Checks a complete definition.
 *
 * @param file Named in errors.
 * @throws RunDefinitionError naming key, value and expected value; for an unknown key, the known ones.
 */
export function checkRunDefinition(value: unknown, file: string = UNNAMED): RunDefinition {
  const result = v.safeParse(DEFINITION, value);
  if (!result.success) throw refusal(file, result.issues);
  const { acceptanceSeconds, blocks, blockSeconds, commitSeconds, digestSeconds } =
    result.output.window;
  const taken = commitSeconds + acceptanceSeconds + digestSeconds;
  if (blocks * blockSeconds <= taken) {
    throw new RunDefinitionError(
      `Cannot use ${file}: a window has ${
        blocks * blockSeconds
      } seconds, want more than the ${taken} that commitments, uploads and the verdict take`,
    );
  }
  return result.output;
}

/**
 * Parses `run.yaml`, in which any key may be omitted.
 *
 * @param file Named in errors.
 * @throws RunDefinitionError
 */
export function parseRunDefinition(text: string, file: string = UNNAMED): PartialRunDefinition {
  let value: unknown;
  try {
    value = text.trim() === "" ? {} : load(text) ?? {};
  } catch (cause) {
    throw new RunDefinitionError(`Cannot read ${file}: ${firstLine(cause)}`, { cause });
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new RunDefinitionError(`Cannot read ${file}: it is not a mapping, want key: value`);
  }
  // Object schemas accept lists as empty mappings.
  for (const key of ["model", "training", "sparseloco", "gauntlet", "window"]) {
    if (Array.isArray((value as Record<string, unknown>)[key])) {
      throw new RunDefinitionError(`Cannot read ${file}: ${key} is a list, want key: value`);
    }
  }
  const { training, sparseloco, window } = DEFINITION.entries;
  const partial = v.partial(v.strictObject({
    ...DEFINITION.entries,
    training: v.partial(v.strictObject({ ...training.entries, schedule: v.partial(SCHEDULE) })),
    sparseloco: v.partial(sparseloco),
    gauntlet: PARTIAL_POLICY_SCHEMA,
    window: v.partial(window),
  }));
  const result = v.safeParse(partial, value);
  if (result.success) return result.output as PartialRunDefinition;
  throw refusal(file, result.issues);
}

/** Formats a definition as the text of `run.yaml`. */
export function formatRunDefinition(definition: RunDefinition): string {
  return `# Settings shared by all peers of this run. Run id: ${runId(definition)}.\n${
    dump(definition)
  }`;
}

/** Returns the SHA-256 of a definition with sorted keys, 64 hexadecimal digits. */
export function runId(definition: RunDefinition): string {
  return createHash("sha256").update(canonicalJson(definition)).digest("hex");
}

function refusal(file: string, issues: Parameters<typeof describeIssue>[0]): RunDefinitionError {
  const unknown = unknownKey(issues);
  return unknown
    ? new UnknownKeyError(file, unknown, knownKeys(unknown.slice(0, -1)))
    : new RunDefinitionError(`Cannot read ${file}: ${describeIssue(issues)}`);
}

/** Returns the first line of a message; parsers quote their input below it. */
function firstLine(cause: unknown): string {
  return (cause as Error).message.split("\n")[0].slice(0, 200);
}

/** Returns the keys of a definition at a path; the outermost for an empty path. */
function knownKeys(path: string[]): string[] {
  let schema: unknown = DEFINITION;
  for (const key of path) {
    const entry = (schema as { entries: Record<string, unknown> }).entries[key];
    schema = (entry as { wrapped?: unknown }).wrapped ?? entry;
  }
  return Object.keys((schema as { entries: Record<string, unknown> }).entries);
}
