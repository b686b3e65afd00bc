import { fileURLToPath } from "node:url";

/** PyTorch in a separate process. */
export interface TorchProcess extends AsyncDisposable {
  /** Version of torch. */
  readonly version: string;
  /** Sends a request that its script understands; returns the number that it answers. */
  ask(question: string): Promise<number>;
}

/** Python interpreters to look for torch in: the user's, then the system's. */
const PYTHONS = ["python3", "/usr/bin/python3"];

/**
 * Starts a script of this folder; undefined if torch cannot be imported.
 *
 * @param subject Input of the script, passed as JSON.
 */
export async function startTorch(
  script: string,
  subject: unknown,
  threads: number,
): Promise<TorchProcess | undefined> {
  for (const python of PYTHONS) {
    const found = await new Deno.Command(python, { args: ["-c", "import torch"], stderr: "null" })
      .output().catch(() => undefined);
    if (found?.success) {
      return await speak(python, script, [JSON.stringify(subject), String(threads)]);
    }
  }
  return undefined;
}

async function speak(python: string, script: string, args: string[]): Promise<TorchProcess> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = new Deno.Command(python, {
    args: [path, ...args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const line = async () => {
    while (!text.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`${script} has exited`);
      text += value;
    }
    const [first, ...rest] = text.split("\n");
    text = rest.join("\n");
    return first;
  };
  return {
    version: await line(),
    ask: async (question) => {
      await writer.write(new TextEncoder().encode(question + "\n"));
      return Number(await line());
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      await reader.cancel();
      await child.status;
    },
  };
}
