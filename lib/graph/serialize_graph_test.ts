import assert from "node:assert/strict";
import { testOnCpu } from "../../testing/engine.ts";
import { Graph } from "./graph.ts";
import { add, multiply } from "./operators/arithmetic.ts";
import { exp } from "./operators/functions.ts";
import { serializeGraph } from "./serialize_graph.ts";

Deno.test("serializeGraph omits nodes that no output needs", () => {
  const graph = new Graph("dead");
  const x = graph.input("x", "float32", [2]);
  exp(x);
  graph.output("y", add(x, x));
  const text = new TextDecoder("latin1").decode(serializeGraph(graph));
  assert.ok(text.includes("Add#0[2][2]") && !text.includes("Exp#"));
});

testOnCpu(
  "serializeGraph accepts several output names for one value, and inputs as outputs",
  async (engine) => {
    const graph = new Graph("aliases");
    const x = graph.input("x", "float32", [2]);
    const y = multiply(x, x);
    graph.output("once", y);
    graph.output("twice", y);
    graph.output("unchanged", x);
    const session = await engine.load(serializeGraph(graph));
    const data = Float32Array.of(2, 3);
    const found = await session.run({ x: { type: "float32", dims: [2], data } });
    assert.deepEqual([...found.once.data], [4, 9]);
    assert.deepEqual([...found.twice.data], [4, 9]);
    assert.deepEqual([...found.unchanged.data], [2, 3]);
    await session.release();
  },
);

Deno.test("serializeGraph rejects a graph without outputs", () => {
  assert.throws(() => serializeGraph(new Graph("empty")), /"empty": it has no output/);
});

Deno.test("Graph rejects operands of another graph, and duplicate names", () => {
  const [a, b] = [new Graph("a"), new Graph("b")];
  const x = a.input("x", "float32", [1]);
  assert.throws(() => add(x, b.input("x", "float32", [1])), /belongs to graph "b", want "a"/);
  assert.throws(() => a.input("x", "float32", [1]), /already declared/);
});
