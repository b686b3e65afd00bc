import { Option } from "commander";
import { DEVICE_NAMES } from "../../lib/engine/devices.ts";
import { count } from "./option_values.ts";

/** Option `--device` of commands that compute. */
export function deviceOption(): Option {
  return new Option("--device <NAME>", "device; auto benchmarks them and takes the fastest")
    .choices(["auto", ...DEVICE_NAMES]).default("auto");
}

/** Option `--threads` of commands that compute. */
export function threadsOption(): Option {
  return new Option("--threads <N>", "CPU threads; 0 for one per core (default: 0)")
    .argParser(count(1024, 0));
}

/** Option `--quiet` of commands that show progress. */
export function quietOption(): Option {
  return new Option("--quiet", "print no progress").default(false);
}
