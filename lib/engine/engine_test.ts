import assert from "node:assert/strict";
import { Graph } from "../graph/graph.ts";
import { add, multiply } from "../graph/operators/arithmetic.ts";
import { matmul } from "../graph/operators/matmul.ts";
import { serializeGraph } from "../graph/serialize_graph.ts";
import { EngineError, type HostTensor } from "./engine.ts";
import { EngineHost } from "./engine_host.ts";
import { startEngineWorker } from "./start_engine_worker.ts";
import { deviceTests, testOnCpu } from "../../testing/engine.ts";

const testOnDevices = deviceTests(import.meta.url);

const vector = (...values: number[]): HostTensor => ({
  type: "float32",
  dims: [values.length],
  data: Float32Array.from(values),
});

/** Outputs `next` = total + step, and `square` = step * step. */
function counterModel() {
  const graph = new Graph("counter");
  const [total, step] = ["total", "step"].map((name) => graph.input(name, "float32", [2]));
  graph.output("next", add(total, step));
  graph.output("square", multiply(step, step));
  return serializeGraph(graph);
}

testOnDevices("Engine returns what was uploaded and written", async (engine) => {
  const tensor = await engine.upload(vector(1, 2, 3));
  assert.deepEqual([...(await engine.download(tensor)).data], [1, 2, 3]);
  await engine.write(tensor, vector(4, 5, 6));
  assert.deepEqual([...(await engine.download(tensor)).data], [4, 5, 6]);
  await assert.rejects(() => engine.write(tensor, vector(1)), /shape \[1\] of float32, want \[3\]/);
});

testOnDevices("Engine keeps an output in the tensor it was fed from", async (engine) => {
  const session = await engine.load(counterModel(), ["next"]);
  const total = await engine.upload(vector(0, 10));
  for (let round = 1; round <= 3; round++) {
    const { square, ...rest } = await session.run({ total, step: vector(1, 2) }, { next: total });
    assert.deepEqual([...square.data], [1, 4]);
    assert.deepEqual(Object.keys(rest), []);
    assert.deepEqual([...(await engine.download(total)).data], [round, 10 + 2 * round]);
  }
  await session.release();
});

testOnDevices("Engine keeps an output in a tensor that is not fed", async (engine) => {
  const session = await engine.load(counterModel(), ["next"]);
  const [total, sum] = [await engine.upload(vector(1, 1)), await engine.upload(vector(9, 9))];
  await session.run({ total, step: vector(1, 2) }, { next: sum });
  assert.deepEqual([...(await engine.download(sum)).data], [2, 3]);
  assert.deepEqual([...(await engine.download(total)).data], [1, 1]);
  await session.release();
});

testOnDevices("Engine's tensors outlive the session that wrote them", async (engine) => {
  const session = await engine.load(counterModel(), ["next"]);
  const [total, sum] = [await engine.upload(vector(1, 1)), await engine.upload(vector(9, 9))];
  await session.run({ total, step: vector(1, 2) }, { next: sum });
  await session.run({ total: sum, step: vector(1, 2) }, { next: total });
  await session.release();
  await assert.rejects(() => session.run({}), /released or never loaded/);
  await engine.write(total, vector(5, 6));
  assert.deepEqual([...(await engine.download(total)).data], [5, 6]);
  assert.deepEqual([...(await engine.download(sum)).data], [2, 3]);
  await engine.dispose([sum]);
  await assert.rejects(() => engine.download(sum), /it was disposed of/);
});

testOnDevices("Engine counts bytes transferred to and from the device", async (engine) => {
  const session = await engine.load(counterModel(), ["next"]);
  const total = await engine.upload(vector(0, 0));
  const before = await engine.statistics();
  await session.run({ total, step: vector(1, 2) }, { next: total });
  const after = await engine.statistics();
  assert.equal(after.uploadedBytes - before.uploadedBytes, 8);
  assert.equal(after.downloadedBytes - before.downloadedBytes, 8);
  assert.equal(after.locations[total.id], engine.device === "webgpu" ? "gpu-buffer" : "cpu");
  await session.release();
});

testOnDevices("Engine rejects disposed tensors, and missing keeps", async (engine) => {
  const session = await engine.load(counterModel(), ["next"]);
  const total = await engine.upload(vector(0, 0));
  await assert.rejects(() => session.run({ total, step: vector(1, 2) }), /to keep "next"/);
  await engine.dispose([total]);
  await assert.rejects(() => engine.download(total), /it was disposed of/);
  await session.release();
  await assert.rejects(() => session.run({}), /released or never loaded/);
});

testOnCpu("EngineError names the operator and its shapes", async (engine) => {
  const graph = new Graph("wrong");
  const table = graph.input("table", "float32", [2, 3]);
  const rows = graph.input("rows", "int32", [1]);
  const [picked] = graph.emit({
    operator: "Gather",
    inputs: [table, rows],
    outputs: [{ type: "float32", dims: [1, 3] }],
  });
  graph.output("picked", picked);
  const session = await engine.load(serializeGraph(graph));
  await assert.rejects(
    () =>
      session.run({
        table: { type: "float32", dims: [2, 3], data: new Float32Array(6) },
        rows: { type: "int32", dims: [1], data: Int32Array.of(7) },
      }),
    (error: EngineError) => {
      assert.ok(error instanceof EngineError);
      assert.deepEqual([error.operator, error.shapes], ["Gather", "[2,3][1]"]);
      assert.match(error.message, /Cannot run graph at Gather of shapes \[2,3\]\[1\]/);
      return true;
    },
  );
  await session.release();
});

testOnCpu("Engine rejects bytes that are not a model", async (engine) => {
  await assert.rejects(() => engine.load(new Uint8Array(64).fill(7)), EngineError);
  await assert.rejects(() => engine.load(new Uint8Array()), EngineError);
});

testOnCpu("Engine does not block the main thread while it computes", async (engine) => {
  const graph = new Graph("slow");
  const x = graph.input("x", "float32", [1024, 1024]);
  graph.output("y", matmul(matmul(x, x), x));
  const session = await engine.load(serializeGraph(graph));
  const data = new Float32Array(1024 * 1024);
  let done = false;
  const running = session.run({ x: { type: "float32", dims: [1024, 1024], data } })
    .then(() => done = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(done, false);
  await running;
  await session.release();
});

Deno.test("the engine worker may load native code and nothing else", async () => {
  const entry = new URL("./_permission_probe.ts", import.meta.url);
  const folder = decodeURIComponent(new URL("../../node_modules", import.meta.url).pathname);
  const { port, terminate } = await startEngineWorker(entry, folder);
  const states = await new Promise((resolve) => port.onmessage = ({ data }) => resolve(data));
  port.close();
  terminate();
  assert.deepEqual(states, {
    read: "denied",
    write: "denied",
    net: "denied",
    env: "denied",
    run: "denied",
    sys: "denied",
    ffi: "denied",
    "ffi of the runtime": "granted",
  });
});

Deno.test("runtime threads spin only briefly, to leave the core to others", async () => {
  const seen: unknown[] = [];
  const runtime = {
    InferenceSession: {
      create: (_: Uint8Array, options: unknown) => {
        seen.push(options);
        return Promise.resolve({ release: () => Promise.resolve() });
      },
    },
  } as unknown as typeof import("onnxruntime-node");
  for (const frugal of [false, true]) {
    await new EngineHost(runtime, "cpu", 0).load(new Uint8Array(), [], frugal);
  }
  for (const options of seen as { extra: { session: { intra_op: unknown } } }[]) {
    assert.deepEqual(options.extra.session.intra_op, { spin_duration_us: "20" });
  }
});
