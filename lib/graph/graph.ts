import type { ElementArray, ElementType } from "./element_type.ts";
import { elementCount } from "../tensor/dims.ts";

/** Symbolic value of a graph, with a type and a fully known shape. */
export interface Tensor {
  /** Graph that holds the value. */
  readonly graph: Graph;
  /** Name of the value in the ONNX file. */
  readonly name: string;
  /** Element type. */
  readonly type: ElementType;
  /** Length of every axis; empty for a scalar. */
  readonly dims: readonly number[];
}

/** Value of a node attribute, keyed by its kind. */
export type Attribute = { int: number } | { text: string } | { ints: number[] };

/**
 * Vector-Jacobian product of one node: maps the gradient of each output (`undefined` where the loss does not
 * depend on it) to the gradient of each source (`undefined` where it has none).
 */
export type Pullback = (gradients: (Tensor | undefined)[]) => (Tensor | undefined)[];

/** One operator application on the tape. */
export interface Node {
  /** ONNX operator name, standard domain. */
  readonly operator: string;
  /** Operands in ONNX order. */
  readonly inputs: readonly Tensor[];
  /** Results in ONNX order. */
  readonly outputs: readonly Tensor[];
  /** Attributes by ONNX name. */
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Values whose gradients the pullback returns, in order; the operands by default. */
  readonly sources: readonly Tensor[];
  /** Vector-Jacobian product; absent for operators without a gradient. */
  readonly pullback?: Pullback;
}

/** Byte range of another file. */
export interface FilePlace {
  /** Absolute path without symbolic links, which the runtime refuses to follow. */
  readonly path: string;
  /** Offset of the first byte. */
  readonly start: number;
  /** Offset past the last byte. */
  readonly end: number;
}

/** Value stored in the model's file, or in another file that the model refers to. */
export interface Initializer {
  /** The symbolic value. */
  readonly tensor: Tensor;
  /** Its elements, row-major and little-endian. */
  readonly content: ElementArray | FilePlace;
}

/** Node to be appended by {@linkcode Graph.emit}. */
export interface NodeRequest {
  /** ONNX operator name. */
  operator: string;
  /** Operands. */
  inputs: Tensor[];
  /** Type and shape of every result. */
  outputs: { type: ElementType; dims: readonly number[] }[];
  /** Attributes by ONNX name. */
  attributes?: Record<string, Attribute>;
  /** Vector-Jacobian product; omitted for operators without a gradient. */
  pullback?: Pullback;
  /**
   * Values whose gradients `pullback` returns, if they are not the operands. A formula of several operators
   * can thus have a single gradient, attached to its last operator.
   */
  sources?: Tensor[];
}

/**
 * A tape of standard ONNX operators with static shapes. Operator functions append to the tape of their
 * operands; {@linkcode gradients} walks it backwards; {@linkcode serializeGraph} writes the file.
 *
 * @example Multiply two inputs
 * ```ts
 * import { Graph } from "./graph.ts";
 * import { multiply } from "./operators/arithmetic.ts";
 * import assert from "node:assert/strict";
 *
 * const graph = new Graph("product");
 * const a = graph.input("a", "float32", [2, 3]);
 * const b = graph.input("b", "float32", [3]);
 * graph.output("product", multiply(a, b));
 * assert.deepEqual(graph.outputs.get("product")?.dims, [2, 3]);
 * ```
 */
export class Graph {
  /** Values fed at each run, in declaration order. */
  readonly inputs: Tensor[] = [];
  /** Nodes in creation order, which is a valid execution order. */
  readonly nodes: Node[] = [];
  /** Values stored in the file, by name. */
  readonly initializers: Map<string, Initializer> = new Map();
  /** Results by their names in the file. */
  readonly outputs: Map<string, Tensor> = new Map();
  #names = 0;
  #scalars = new Map<string, Tensor>();

  /** @param name Name of the graph in the file. */
  constructor(readonly name: string) {}

  /** Declares a value that every run must feed. */
  input(name: string, type: ElementType, dims: readonly number[]): Tensor {
    if (this.inputs.some((tensor) => tensor.name === name)) {
      throw new TypeError(`Cannot declare graph input: "${name}" is already declared`);
    }
    const tensor = { graph: this, name, type, dims: [...dims] };
    this.inputs.push(tensor);
    return tensor;
  }

  /** Stores a value in the file. */
  constant(type: ElementType, dims: readonly number[], data: ElementArray): Tensor {
    if (data.length !== elementCount(dims)) {
      throw new RangeError(
        `Cannot store constant: ${data.length} elements for shape [${dims}], want ${
          elementCount(dims)
        }`,
      );
    }
    const tensor = { graph: this, name: `constant_${this.#names++}`, type, dims: [...dims] };
    this.initializers.set(tensor.name, { tensor, content: data });
    return tensor;
  }

  /** Refers to a value in another file, whose bytes are used in place. */
  external(name: string, type: ElementType, dims: readonly number[], place: FilePlace): Tensor {
    const tensor = { graph: this, name, type, dims: [...dims] };
    this.initializers.set(name, { tensor, content: place });
    return tensor;
  }

  /** Stores a float scalar, once for each distinct value. */
  scalar(type: ElementType, value: number): Tensor {
    const key = `${type}:${Object.is(value, -0) ? "-0" : value}`;
    const known = this.#scalars.get(key);
    if (known) return known;
    const data = type === "float64"
      ? Float64Array.of(value)
      : type === "int32"
      ? Int32Array.of(value)
      : type === "int64"
      ? BigInt64Array.of(BigInt(value))
      : Float32Array.of(value);
    const tensor = this.constant(type, [], data);
    this.#scalars.set(key, tensor);
    return tensor;
  }

  /** Stores a list of integers, as required by the shape-like operands of ONNX operators. */
  integers(values: readonly number[]): Tensor {
    const key = `ints:${values}`;
    const known = this.#scalars.get(key);
    if (known) return known;
    const tensor = this.constant(
      "int64",
      [values.length],
      BigInt64Array.from(values, (value) => BigInt(value)),
    );
    this.#scalars.set(key, tensor);
    return tensor;
  }

  /** Appends a node and returns its results. */
  emit(request: NodeRequest): Tensor[] {
    for (const tensor of request.inputs) {
      if (tensor.graph !== this) {
        throw new TypeError(
          `Cannot apply ${request.operator}: operand "${tensor.name}" belongs to graph "${tensor.graph.name}", want "${this.name}"`,
        );
      }
    }
    const outputs = request.outputs.map(({ type, dims }) => ({
      graph: this,
      name: `${request.operator}_${this.#names++}`,
      type,
      dims: [...dims],
    }));
    this.nodes.push({
      operator: request.operator,
      inputs: request.inputs,
      outputs,
      attributes: request.attributes ?? {},
      sources: request.sources ?? request.inputs,
      ...(request.pullback ? { pullback: request.pullback } : {}),
    });
    return outputs;
  }

  /** Names a result of the graph. */
  output(name: string, tensor: Tensor): void {
    if (this.outputs.has(name)) {
      throw new TypeError(`Cannot declare graph output: "${name}" is already declared`);
    }
    this.outputs.set(name, tensor);
  }
}
