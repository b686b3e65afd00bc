import assert from "node:assert/strict";
import { join } from "node:path";
import { SMALL_CONFIG } from "../../../fixtures/small_config.ts";
import { withDirectory } from "../../../testing/with_directory.ts";
import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { initialParameters } from "../../llama/model/initial_parameters.ts";
import { parseLlamaConfig } from "../../llama/model/parse_llama_config.ts";
import { llamaParameters } from "../../llama/model/parameters.ts";
import { SeededRandom } from "../../random/seeded_random.ts";
import { stateDigest } from "../../sparseloco/state_digest.ts";
import type { RunDefinition } from "../../swarm/run_definition.ts";
import { readInitialState, writeInitialState } from "./initial_state.ts";
import { DirectoryInUseError, lockDirectory } from "./lock_directory.ts";
import { readMachineSettings, writeMachineSettings } from "./machine_settings.ts";

const CONFIG = parseLlamaConfig(SMALL_CONFIG);

Deno.test("the initial state is read as written, and only if it matches the definition", async () => {
  await withDirectory(async (directory) => {
    const parameters = initialParameters(CONFIG, new SeededRandom(1n));
    await writeInitialState(directory, CONFIG, parameters);
    const initialState = stateDigest(llamaParameters(CONFIG), parameters);
    const read = (definition: object) =>
      readInitialState(directory, CONFIG, definition as RunDefinition);
    assert.deepEqual(await read({ initialState }), parameters);
    await assert.rejects(
      () => read({ initialState: "00".repeat(32) }),
      (error: Error) => error instanceof CorruptFileError && /its digest is/.test(error.message),
    );
    const other = { ...CONFIG, hiddenSize: 64 };
    await assert.rejects(
      () => readInitialState(directory, other, { initialState } as RunDefinition),
      /model.embed_tokens.weight" has shape \[320,32\], want \[320,64\]/,
    );
  });
});

Deno.test("lockDirectory admits one holder at a time", async () => {
  // deno-lint-ignore require-await
  await withDirectory(async (directory) => {
    {
      using _lock = lockDirectory(directory);
      // The lock belongs to the open file, so a second one in this process is refused too.
      assert.throws(() => lockDirectory(directory), DirectoryInUseError);
    }
    using _again = lockDirectory(directory);
  });
});

Deno.test("machine settings are read as written; an error names the invalid key", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "machine.json");
    assert.equal(await readMachineSettings(path), undefined);
    const settings = {
      peers: 4,
      adversaries: ["zero"],
      microBatch: 2,
      stepShape: "whole",
      device: "cpu",
      threads: 0,
    } as const;
    await writeMachineSettings(path, { ...settings, adversaries: ["zero"] });
    assert.deepEqual(await readMachineSettings(path), settings);
    await Deno.writeTextFile(path, JSON.stringify({ ...settings, device: "tpu" }));
    await assert.rejects(() => readMachineSettings(path), /machine\.json: device is "tpu", want/);
  });
});
