import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { connectEngine } from "../lib/engine/connect_engine.ts";
import type { Engine } from "../lib/engine/engine.ts";
import { type EngineWorker, startEngineWorker } from "../lib/engine/start_engine_worker.ts";
import type { DeviceName } from "../lib/engine/devices.ts";

const ENTRY = new URL("../main.ts", import.meta.url);
const LIBRARIES = fileURLToPath(new URL("../node_modules", import.meta.url));
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADERS = ["x86_64", "aarch64"].map((arch) => `/usr/lib/${arch}-linux-gnu/libvulkan.so.1`);

/** Reports whether WebGPU can be tested without a GPU, by Debian's chromium and libvulkan1; logs if not. */
export function swiftShaderIsThere(): boolean {
  const there = existsSync(SWIFTSHADER) && LOADERS.some((path) => existsSync(path));
  if (!there) console.error("skipped: tests on webgpu require Debian's chromium and libvulkan1");
  return there;
}

/**
 * The only engine worker of a test file. Stopping a worker and starting another at once occasionally
 * crashes the native library; the program itself never does that.
 */
let worker: Promise<EngineWorker> | undefined;

/** Runs a test body with an engine, and closes the engine afterwards in any case. */
async function withEngine(device: DeviceName, body: (engine: Engine) => Promise<void>) {
  worker ??= startEngineWorker(ENTRY, LIBRARIES);
  const engine = await connectEngine((await worker).port, { devices: [device], threads: 1 });
  try {
    await body(engine);
  } finally {
    await engine.close();
  }
}

/** Defines a test that computes on the CPU. */
export function testOnCpu(
  name: string,
  body: (engine: Engine, context: Deno.TestContext) => Promise<void>,
): void {
  Deno.test({
    name,
    fn: (context) => withEngine("cpu", (engine) => body(engine, context)),
    sanitizeOps: false, // the worker outlives the test
    sanitizeResources: false,
  });
}

/**
 * Returns a function that defines a test for every device. Those on WebGPU run in a separate process,
 * started by one test of the file; it is skipped with a message if there is no driver.
 *
 * @param file `import.meta.url` of the test file.
 */
export function deviceTests(file: string): (
  name: string,
  body: (engine: Engine) => Promise<void>,
) => void {
  const inChild = Deno.env.get("TEST_DEVICE") === "webgpu";
  if (!inChild) {
    Deno.test({
      name: `the tests of ${basename(file)} for all devices pass on webgpu`,
      ignore: !swiftShaderIsThere(),
      fn: () => runOnWebgpu(file),
    });
  }
  return (name, body) => {
    if (!inChild) return testOnCpu(`${name}, on cpu`, body);
    Deno.test({
      name: `${name}, on webgpu`,
      fn: () => withEngine("webgpu", body),
      sanitizeOps: false,
      sanitizeResources: false,
    });
  };
}

async function runOnWebgpu(file: string): Promise<void> {
  const { code, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-q", "-A", "--no-check", "--filter", "on webgpu", fileURLToPath(file)],
    env: { ...swiftShaderEnvironment(), TEST_DEVICE: "webgpu", NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 0, text);
  assert.match(text, /ok \| [1-9]\d* passed/);
}

/** Returns an environment in which the WebGPU provider finds the software driver. */
export function swiftShaderEnvironment(): Record<string, string> {
  return { VK_ICD_FILENAMES: SWIFTSHADER, XDG_RUNTIME_DIR: "/tmp" };
}
