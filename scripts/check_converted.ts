/**
 * Shows that llama.cpp reads what `covey convert` writes: it continues a prompt from GGUF files of a model, and the
 * tokens are compared with covey's own.
 *
 *     deno task check:converted DIRECTORY
 *
 * node-llama-cpp, which brings llama.cpp, is installed into a directory of its own and removed again.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as runtime from "onnxruntime-node";
import { locateModel } from "../lib/checkpoint/locate_model.ts";
import { openRelease } from "../lib/convert/open_release.ts";
import { writeRelease } from "../lib/convert/write_release.ts";
import { EngineHost } from "../lib/engine/engine_host.ts";
import { TokenGenerator } from "../lib/llama/generation/token_generator.ts";
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

const [directory] = Deno.args;
const folder = await mkdtemp(join(tmpdir(), "covey-check-"));
try {
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await output("npm", ["install", "--ignore-scripts", "--omit=optional", ...PACKAGES], folder);
  await writeFile(join(folder, "greedy.js"), LLAMA_CPP);
  const ours = await coveysTokens(directory);
  console.log(`covey      ${JSON.stringify(ours.text)}`);
  for (const dtype of ["f32", "bf16", "q8_0", "q4_k_m"]) {
    const path = join(folder, `model.${dtype}.gguf`);
    const release = await openRelease(directory);
    await writeRelease(path, "gguf", release, {
      dtype,
      shardBytesMax: 5e9,
      name: "checked",
      pre: undefined,
    }, { onBytes: () => {}, signal: new AbortController().signal });
    await release.close();
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
} finally {
  await rm(folder, { recursive: true, force: true });
}
