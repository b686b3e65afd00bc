/**
 * Shows that other programs read what `covey convert` writes. llama.cpp continues a prompt from GGUF files of a model,
 * and the tokens are compared with covey's own; transformers computes logits of the prompt from a directory that
 * went through GGUF, and they are compared with covey's.
 *
 *     deno task check:converted DIRECTORY [PYTHON]
 *
 * node-llama-cpp, which brings llama.cpp, is installed into a directory of its own and removed again. PYTHON is one
 * that has transformers; without it that part is left out.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as runtime from "onnxruntime-node";
import { locateModel } from "../lib/checkpoint/locate_model.ts";
import { openRelease } from "../lib/convert/open_release.ts";
import { writeRelease } from "../lib/convert/write_release.ts";
import type { TargetName } from "../lib/convert/targets.ts";
import { EngineHost } from "../lib/engine/engine_host.ts";
import { TokenGenerator } from "../lib/llama/generation/token_generator.ts";
import { Scorer } from "../lib/llama/scoring/scorer.ts";
import { prepackedWhole } from "../lib/llama/scoring/scoring_memory.ts";
import { TokenizerFile } from "../lib/tokenizer/tokenizer_file.ts";

const PROMPT = "First Citizen:\nBefore we proceed";
const TOKENS = 64;
const PACKAGES = ["node-llama-cpp@3.21.1", "@node-llama-cpp/linux-x64@3.21.1"];

/** Continues a prompt by llama.cpp; run by Node. */
const LLAMA_CPP = `
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
const [path, prompt, count] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: path });
const context = await model.createContext({ contextSize: 512 });
const read = model.tokenize(prompt);
const written = [];
for await (const token of context.getSequence().evaluate(read, { temperature: 0 })) {
  if (written.push(token) >= Number(count)) break;
}
console.log(JSON.stringify({ read, written }));
process.exit(0);
`;

/** Log-probabilities of every token after each token of a prompt, by transformers. */
const TRANSFORMERS = `
import json, sys, torch, transformers
model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
with torch.no_grad():
    logits = model(torch.tensor([json.loads(sys.argv[2])])).logits[0]
print(json.dumps({"version": transformers.__version__, "values": logits.log_softmax(-1).flatten().tolist()}))
`;

async function output(command: string, args: string[], cwd: string): Promise<string> {
  const { code, stderr, stdout } = await new Deno.Command(command, { args, cwd }).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(`Cannot run ${command}: ${text.decode(stderr).slice(-800)}`);
  return text.decode(stdout).trim();
}

async function coveysTokens(directory: string) {
  const { config, tensors } = await locateModel(directory);
  const engine = new EngineHost(runtime, "cpu", 2);
  const generator = new TokenGenerator(engine, { config, tensors, frugal: false });
  const tokenizer = new TokenizerFile(await Deno.readTextFile(join(directory, "tokenizer.json")));
  const read = tokenizer.encode(PROMPT, true);
  const [written] = await generator.generate([read], {
    tokensMax: TOKENS,
    isDone: () => false,
    onStep: () => {},
  });
  await generator.close();
  await engine.close();
  return { read, written, text: tokenizer.decode(written, false) };
}

/** The same by covey. */
async function coveysLogits(directory: string, ids: readonly number[]): Promise<Float64Array> {
  const { config, tensors } = await locateModel(directory);
  const engine = new EngineHost(runtime, "cpu", 2);
  const scorer = new Scorer(engine, { config, tensors, ...prepackedWhole(config) });
  const asked = ids.length * config.vocabSize;
  const batch = {
    rows: 1,
    sequence: ids.length,
    tokens: Int32Array.from(ids),
    positions: Int32Array.from(ids, (_, i) => i),
    branches: new Int32Array(ids.length),
    trunks: new Int32Array(ids.length),
    places: Int32Array.from({ length: asked }, (_, i) => Math.floor(i / config.vocabSize)),
    targets: Int32Array.from({ length: asked }, (_, i) => i % config.vocabSize),
  };
  const [scores] = await Array.fromAsync(scorer.score([batch], () => {}));
  await scorer.close();
  await engine.close();
  return scores.logProbabilities;
}

async function convert(from: string, to: string, format: TargetName, dtype: string) {
  const release = await openRelease(from);
  const settings = { dtype, shardBytesMax: 5e9, name: "checked", pre: undefined };
  const hooks = { onBytes: () => {}, signal: new AbortController().signal };
  await writeRelease(to, format, release, settings, hooks);
  await release.close();
}

async function compareLogits(directory: string, python: string, folder: string, ids: number[]) {
  const back = join(folder, "back");
  await convert(join(folder, "model.f32.gguf"), back, "hugging-face", "f32");
  const { values, version } = JSON.parse(
    await output(python, ["-c", TRANSFORMERS, back, JSON.stringify(ids)], folder),
  ) as { values: number[]; version: string };
  const ours = await coveysLogits(directory, ids);
  const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i])), 0);
  console.log(
    `transformers ${version}: log-probabilities differ by at most ${worst.toExponential(2)}`,
  );
}

const [directory, python] = Deno.args;
const folder = await mkdtemp(join(tmpdir(), "covey-check-"));
try {
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await output("npm", ["install", "--ignore-scripts", "--omit=optional", ...PACKAGES], folder);
  await writeFile(join(folder, "greedy.js"), LLAMA_CPP);
  const ours = await coveysTokens(directory);
  console.log(`covey      ${JSON.stringify(ours.text)}`);
  for (const dtype of ["f32", "bf16", "q8_0", "q4_k_m"]) {
    const path = join(folder, `model.${dtype}.gguf`);
    await convert(directory, path, "gguf", dtype);
    const theirs = JSON.parse(
      await output("node", ["greedy.js", path, PROMPT, String(TOKENS)], folder),
    ) as { read: number[]; written: number[] };
    const sameRead = JSON.stringify(theirs.read) === JSON.stringify(ours.read);
    const agreed = ours.written.findIndex((token, i) => token !== theirs.written[i]);
    const same = agreed < 0 ? TOKENS : agreed;
    console.log(
      `llama.cpp  ${dtype.padEnd(7)} prompt ${
        sameRead ? "equal" : "differs"
      }, ${same} of ${TOKENS} tokens equal`,
    );
  }
  if (python !== undefined) await compareLogits(directory, python, folder, ours.read);
} finally {
  await rm(folder, { recursive: true, force: true });
}
