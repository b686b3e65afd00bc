import { existsSync } from "node:fs";
import { connectEngine } from "./connect_engine.ts";
import type { DeviceName, Engine } from "./engine.ts";
import { type EngineWorker, startEngineWorker } from "./start_engine_worker.ts";

const ENTRY = new URL("../../main.ts", import.meta.url);
const LIBRARIES = decodeURIComponent(new URL("../../node_modules", import.meta.url).pathname);
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADERS = ["x86_64", "aarch64"].map((arch) => `/usr/lib/${arch}-linux-gnu/libvulkan.so.1`);

/** Whether WebGPU can be tried without a GPU: Debian's chromium and libvulkan1 are there. */
export function swiftShaderIsThere(): boolean {
  return existsSync(SWIFTSHADER) && LOADERS.some((path) => existsSync(path));
}

/**
 * The one WebGPU worker of a test process. Ending a worker frees its GPU tensors on another thread than the
 * one on which a second worker uses the same device, and the native library crashes once in a few times.
 * The program itself never has two.
 */
let webgpuWorker: Promise<EngineWorker> | undefined;

/** Runs a test body with an engine and frees what it holds afterwards, whatever happens. */
export async function withEngine<Value>(
  device: DeviceName,
  body: (engine: Engine) => Promise<Value>,
): Promise<Value> {
  if (device === "webgpu") {
    useSwiftShader();
    webgpuWorker ??= startEngineWorker(ENTRY, LIBRARIES);
    return await useEngine(await webgpuWorker, device, body);
  }
  const worker = await startEngineWorker(ENTRY, LIBRARIES);
  try {
    return await useEngine(worker, device, body);
  } finally {
    worker.port.close();
    worker.terminate();
  }
}

async function useEngine<Value>(
  { port }: EngineWorker,
  device: DeviceName,
  body: (engine: Engine) => Promise<Value>,
): Promise<Value> {
  const engine = await connectEngine(port, { devices: [device], threads: 1 });
  try {
    return await body(engine);
  } finally {
    await engine.close();
  }
}

/** Defines a test for each device that can be had here; the others skip and say why. */
export function testOnDevices(
  name: string,
  body: (engine: Engine) => Promise<void>,
): void {
  Deno.test(`${name}, on cpu`, () => withEngine("cpu", body));
  const there = swiftShaderIsThere();
  if (!there) console.error(`skipped: "${name}, on webgpu" wants Debian's chromium and libvulkan1`);
  Deno.test({
    name: `${name}, on webgpu`,
    ignore: !there,
    sanitizeOps: false, // its worker outlives the test
    sanitizeResources: false,
    fn: () => withEngine("webgpu", body),
  });
}

/** Environment in which the WebGPU provider finds the software driver. */
export function swiftShaderEnvironment(): Record<string, string> {
  return { VK_ICD_FILENAMES: SWIFTSHADER, XDG_RUNTIME_DIR: "/tmp" };
}

/** The native library reads the environment when it starts Vulkan, so it is set for the process. */
function useSwiftShader(): void {
  for (const [name, value] of Object.entries(swiftShaderEnvironment())) Deno.env.set(name, value);
}
