import * as v from "valibot";
import { readTextIfAny } from "../../file/read_text_if_any.ts";
import { parseJsonObject } from "../../file/parse_json_object.ts";
import { replaceFile } from "../../file/replace_file.ts";
import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { describeIssue } from "../../input/describe_issue.ts";
import { DEVICE_NAMES } from "../../engine/devices.ts";

const whole = (min: number) => v.pipe(v.number(), v.integer(), v.minValue(min));
const FILE = v.strictObject({
  peers: whole(1),
  adversaries: v.optional(v.array(v.string()), []),
  microBatch: whole(1),
  stepShape: v.picklist(["whole", "blocks"]),
  device: v.picklist(DEVICE_NAMES),
  threads: whole(0),
  /** Number of windows, chosen to fit a time budget. */
  windows: v.optional(whole(1)),
});

/**
 * Machine-specific settings of a run. Peers need not share them, but they determine how sums are rounded: a
 * resumed run keeps the settings it was started with, however much memory is free by then.
 */
export type MachineSettings = v.InferOutput<typeof FILE>;

/**
 * Reads the settings that a run was started with; undefined for a new one.
 *
 * @throws CorruptFileError
 */
export async function readMachineSettings(path: string): Promise<MachineSettings | undefined> {
  const text = await readTextIfAny(path);
  if (text === undefined) return undefined;
  const result = v.safeParse(FILE, parseJsonObject(path, text));
  if (result.success) return result.output;
  throw new CorruptFileError(`Cannot read ${path}: ${describeIssue(result.issues)}`);
}

/** Writes the settings of a run. */
export async function writeMachineSettings(path: string, settings: MachineSettings): Promise<void> {
  await replaceFile(path, [JSON.stringify(settings, null, 2) + "\n"]);
}
