import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { verifySignature } from "../../lib/chain/keypair.ts";
import { LocalChain } from "../../lib/chain/local_chain.ts";
import type { Clock } from "../../lib/clock/clock.ts";
import { Corpus } from "../../lib/corpus/corpus.ts";
import { readShard } from "../../lib/corpus/read_text_file.ts";
import type { LlamaConfig } from "../../lib/llama/model/llama_config.ts";
import { parseLlamaConfig } from "../../lib/llama/model/parse_llama_config.ts";
import { llamaParameters } from "../../lib/llama/model/parameters.ts";
import type { ParameterValues } from "../../lib/tensor/parameter_values.ts";
import { cachedVerify } from "../../lib/node/local/cached_verify.ts";
import { readInitialState } from "../../lib/node/local/initial_state.ts";
import { checkLocalLedger } from "../../lib/node/local/local_ledger.ts";
import { LOCAL_GENESIS_MS, localBuckets } from "../../lib/node/local/local_nodes.ts";
import {
  type MachineSettings,
  readMachineSettings,
} from "../../lib/node/local/machine_settings.ts";
import {
  checkRunDefinition,
  parseRunDefinition,
  type RunDefinition,
  runId,
} from "../../lib/swarm/run_definition.ts";
import { RefusedRequestError } from "../command.ts";
import type { TensorShape } from "../../lib/tensor/tensor_shape.ts";

/** A local run, opened for inspection. */
export interface OpenRun extends Disposable {
  /** Run id. */
  readonly run: string;
  /** Definition shared by its nodes. */
  readonly definition: RunDefinition;
  /** Shape of the model. */
  readonly config: LlamaConfig;
  /** Settings of the machine that computed it. */
  readonly machine: MachineSettings;
  /** Text. */
  readonly corpus: Corpus;
  /** Parameters before the first window. */
  readonly initialParameters: ParameterValues;
  /** Tensors of the model in canonical order. */
  readonly shapes: readonly TensorShape[];
  /** Ledger. */
  readonly chain: LocalChain;
  /** Bucket of any node. */
  readonly bucketOf: ReturnType<typeof localBuckets>;
  /** Checks signatures. */
  readonly verify: typeof verifySignature;
}

/**
 * Opens the directory of a run.
 *
 * @param clock Clock that its ledger counts blocks by.
 * @param readOnly Whether to change nothing; the run may then be on a read-only file system.
 * @param signal Ends calls to its buckets.
 * @throws RefusedRequestError when there is no run, CorruptFileError when it is damaged.
 */
export async function openRun(
  directory: string,
  clock: Clock,
  readOnly: boolean,
  signal: AbortSignal,
): Promise<OpenRun> {
  const paths = ["run.yaml", "machine.json", "tokens.npy", "ledger.sqlite"];
  const missing = paths.find((name) => !existsSync(join(directory, name)));
  if (missing !== undefined) {
    throw new RefusedRequestError(
      `Cannot open run in ${directory}: ${missing} is missing`,
      "give the directory of a run, --out of covey train",
    );
  }
  const file = join(directory, "run.yaml");
  const definition = checkRunDefinition(
    parseRunDefinition(await readFile(file, "utf8"), file),
    file,
  );
  const config = parseLlamaConfig(definition.model);
  const machine = (await readMachineSettings(join(directory, "machine.json")))!;
  const corpus = new Corpus(
    await readShard(join(directory, "tokens.npy")),
    definition.training.sequence,
  );
  if (corpus.digest() !== definition.corpus) {
    throw new RefusedRequestError(
      `Cannot open run in ${directory}: tokens.npy is not the text of the run`,
      "restore the run's tokens.npy",
    );
  }
  const initialParameters = await readInitialState(directory, config, definition);
  const chain = new LocalChain(join(directory, "ledger.sqlite"), clock, {
    blockMs: definition.window.blockSeconds * 1000,
    genesisMs: LOCAL_GENESIS_MS,
    readOnly,
  });
  const run = runId(definition);
  await checkLocalLedger(chain, run, machine.peers);
  return {
    run,
    definition,
    config,
    machine,
    corpus,
    initialParameters,
    shapes: llamaParameters(config),
    chain,
    bucketOf: localBuckets(directory, chain, clock, signal),
    verify: cachedVerify(verifySignature),
    [Symbol.dispose]: () => chain[Symbol.dispose](),
  };
}
