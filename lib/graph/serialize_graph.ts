import { ProtobufWriter } from "./_protobuf.ts";
import type { Attribute, Graph, Initializer, Node, Tensor } from "./graph.ts";
import { ONNX_TYPE } from "./onnx_type.ts";

/** Operator set of the files: the first that has every form used here. */
const OPSET = 21;
/** ONNX IR version that came with {@linkcode OPSET}. */
const IR_VERSION = 10;

/**
 * Serializes a graph as an ONNX model in the standard domain, omitting nodes that no output needs.
 *
 * @throws TypeError when the graph has no output.
 *
 * @example The bytes start with the IR version
 * ```ts
 * import { Graph } from "./graph.ts";
 * import { serializeGraph } from "./serialize_graph.ts";
 * import { exp } from "./operators/functions.ts";
 * import assert from "node:assert/strict";
 *
 * const graph = new Graph("exp");
 * graph.output("y", exp(graph.input("x", "float32", [2])));
 * assert.deepEqual([...serializeGraph(graph).slice(0, 2)], [8, 10]);
 * ```
 */
export function serializeGraph(graph: Graph): Uint8Array<ArrayBuffer> {
  if (graph.outputs.size === 0) {
    throw new TypeError(`Cannot serialize graph "${graph.name}": it has no output`);
  }
  const needed = new Set<Tensor>(graph.outputs.values());
  const nodes: Node[] = [];
  for (const node of graph.nodes.slice().reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    nodes.push(node);
  }
  const body = new ProtobufWriter();
  const names = new Map<Tensor, string>(graph.inputs.map((input) => [input, input.name]));
  const copies: [Tensor, string][] = [];
  for (const [name, tensor] of graph.outputs) {
    if (names.has(tensor) || graph.initializers.has(tensor.name)) copies.push([tensor, name]);
    else names.set(tensor, name);
  }
  const nameOf = (tensor: Tensor) => names.get(tensor) ?? tensor.name;
  nodes.reverse().forEach((node, index) => body.bytes(1, nodeMessage(node, index, nameOf)));
  for (const [tensor, name] of copies) {
    const copy = new ProtobufWriter().bytes(1, nameOf(tensor)).bytes(2, name);
    body.bytes(1, copy.bytes(3, `Identity#${name}`).bytes(4, "Identity"));
  }
  body.bytes(2, graph.name);
  for (const initializer of graph.initializers.values()) {
    if (needed.has(initializer.tensor)) body.bytes(5, initializerMessage(initializer));
  }
  for (const input of graph.inputs) body.bytes(11, valueMessage(input.name, input));
  for (const [name, tensor] of graph.outputs) body.bytes(12, valueMessage(name, tensor));
  return new ProtobufWriter()
    .varint(1, IR_VERSION)
    .bytes(2, "covey")
    .bytes(7, body)
    .bytes(8, new ProtobufWriter().bytes(1, "").varint(2, OPSET))
    .finish();
}

function nodeMessage(node: Node, index: number, nameOf: (tensor: Tensor) => string) {
  const shapes = node.inputs.map((input) => `[${input.dims}]`).join("");
  const message = new ProtobufWriter();
  for (const input of node.inputs) message.bytes(1, nameOf(input));
  for (const output of node.outputs) message.bytes(2, nameOf(output));
  // The runtime quotes the name of a failing node, so errors can show the shapes in it.
  message.bytes(3, `${node.operator}#${index}${shapes}`).bytes(4, node.operator);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message.bytes(5, attributeMessage(name, attribute));
  }
  return message;
}

function attributeMessage(name: string, attribute: Attribute): ProtobufWriter {
  const message = new ProtobufWriter().bytes(1, name);
  if ("int" in attribute) return message.varint(3, attribute.int).varint(20, 2);
  if ("text" in attribute) return message.bytes(4, attribute.text).varint(20, 3);
  for (const value of attribute.ints) message.varint(8, value);
  return message.varint(20, 7);
}

function initializerMessage({ content, tensor }: Initializer): ProtobufWriter {
  const message = new ProtobufWriter()
    .packed(1, tensor.dims)
    .varint(2, ONNX_TYPE[tensor.type])
    .bytes(8, tensor.name);
  if (ArrayBuffer.isView(content)) {
    return message.bytes(9, new Uint8Array(content.buffer, content.byteOffset, content.byteLength));
  }
  const entry = (key: string, value: string) => new ProtobufWriter().bytes(1, key).bytes(2, value);
  // The engine resolves locations from the root directory: absolute paths without the leading slash.
  return message
    .bytes(13, entry("location", content.path.replace(/^\/+/, "")))
    .bytes(13, entry("offset", String(content.start)))
    .bytes(13, entry("length", String(content.end - content.start)))
    .varint(14, 1);
}

function valueMessage(name: string, tensor: Tensor): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dim of tensor.dims) shape.bytes(1, new ProtobufWriter().varint(1, dim));
  const type = new ProtobufWriter().bytes(
    1,
    new ProtobufWriter().varint(1, ONNX_TYPE[tensor.type]).bytes(2, shape),
  );
  return new ProtobufWriter().bytes(1, name).bytes(2, type);
}
