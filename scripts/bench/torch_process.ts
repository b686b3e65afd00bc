import { fileURLToPath } from "node:url";
import type { StepCase } from "./training_step.ts";

/** PyTorch in a process of its own, asked for one step at a time. */
export interface TorchProcess extends AsyncDisposable {
  /** Version of torch. */
  readonly version: string;
  /** Takes one step; gives its seconds. */
  step(): Promise<number>;
  /** Computes losses of so many sequences without gradients; gives the seconds. */
  losses(sequences: number): Promise<number>;
  /** Most memory that the process has had, bytes. */
  memory(): Promise<number>;
}

/** Pythons to look for torch in: the user's, then the system's. */
const PYTHONS = ["python3", "/usr/bin/python3"];

/** Starts PyTorch on a case; undefined where torch cannot be imported. */
export async function startTorch(
  step: StepCase,
  threads: number,
): Promise<TorchProcess | undefined> {
  for (const python of PYTHONS) {
    const found = await new Deno.Command(python, { args: ["-c", "import torch"], stderr: "null" })
      .output().catch(() => undefined);
    if (found?.success) return await speak(python, step, threads);
  }
  return undefined;
}

async function speak(python: string, step: StepCase, threads: number): Promise<TorchProcess> {
  const script = fileURLToPath(new URL("./torch_step.py", import.meta.url));
  const child = new Deno.Command(python, {
    args: [script, JSON.stringify(step), String(threads)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const line = async () => {
    while (!text.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error("torch_step.py has ended");
      text += value;
    }
    const [first, ...rest] = text.split("\n");
    text = rest.join("\n");
    return first;
  };
  const ask = async (question: string) => {
    await writer.write(new TextEncoder().encode(question + "\n"));
    return Number(await line());
  };
  return {
    version: await line(),
    step: () => ask("step"),
    losses: (sequences) => ask(`losses ${sequences}`),
    memory: () => ask("memory"),
    async [Symbol.asyncDispose]() {
      await writer.close();
      await reader.cancel();
      await child.status;
    },
  };
}
