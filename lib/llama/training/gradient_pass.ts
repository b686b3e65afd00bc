import type { Graph, Tensor } from "../../graph/graph.ts";
import { add, multiply, sumOfSquares } from "../../graph/operators/arithmetic.ts";
import type { DeviceTensor, HostTensor } from "../../engine/engine.ts";

/** Shape of the token arrays of a micro-batch. */
export interface BatchShape {
  /** Sequences per micro-batch. */
  readonly batch: number;
  /** Tokens per sequence. */
  readonly sequence: number;
}

/** Tokens of one micro-batch, row-major [batch, sequence]. */
export interface MicroBatch {
  /** Input tokens. */
  readonly tokens: Int32Array<ArrayBuffer>;
  /** Token that follows each input token. */
  readonly targets: Int32Array<ArrayBuffer>;
}

/** Tensors of a model on the device, by parameter name. */
export type DeviceParameters = ReadonlyMap<string, DeviceTensor>;

/** Result of one pass. */
export interface PassResult {
  /** Mean cross-entropy of the micro-batch, nats per token. */
  readonly loss: number;
  /** Sum of squares of the accumulated gradient. */
  readonly sumOfSquares: number;
}

/**
 * Computes gradients of the mean loss into tensors on the device. The two implementations, one graph and
 * block by block, give the same results.
 */
export interface GradientPass {
  /**
   * Adds the gradient of one micro-batch, divided by the number of micro-batches per step.
   *
   * @param first Whether this is the first micro-batch of a step, which overwrites old gradients.
   */
  gradients(batch: MicroBatch, first: boolean): Promise<PassResult>;
  /** Frees the sessions and buffers of the pass; parameters and gradients stay. */
  release(): Promise<void>;
}

/** Options of both implementations. */
export interface GradientPassOptions extends BatchShape {
  /** Parameters on the device, fed to every pass. */
  readonly parameters: DeviceParameters;
  /** Gradients on the device, written by every pass. */
  readonly gradients: DeviceParameters;
  /** Micro-batches per step. */
  readonly accumulate: number;
}

/** Returns tokens and targets as feeds. */
export function batchFeeds(
  { tokens, targets }: MicroBatch,
  { batch, sequence }: BatchShape,
): { tokens: HostTensor; targets: HostTensor } {
  const dims = [batch, sequence];
  return {
    tokens: { type: "int32", dims, data: tokens },
    targets: { type: "int32", dims, data: targets },
  };
}

/** Returns a float32 scalar as a feed. */
export function scalarFeed(value: number): HostTensor {
  return { type: "float32", dims: [], data: Float32Array.of(value) };
}

/**
 * Declares gradient outputs, and the inputs that carry the sum over earlier micro-batches:
 * `gradient.NAME = carry * before.NAME + gradient`. Returns the sum of squares of each.
 *
 * @param pairs Parameter name and gradient.
 * @param accumulate Whether a step has earlier micro-batches to carry.
 */
export function declareGradients(
  graph: Graph,
  pairs: [string, Tensor][],
  accumulate: boolean,
): Tensor[] {
  const carry = accumulate ? graph.input("carry", "float32", []) : undefined;
  return pairs.map(([name, gradient]) => {
    const sum = carry
      ? add(multiply(graph.input(`before.${name}`, "float32", gradient.dims), carry), gradient)
      : gradient;
    graph.output(`gradient.${name}`, sum);
    return sumOfSquares(sum);
  });
}

/** Declares the sum of scalars as one output, `sum_of_squares`. */
export function declareSumOfSquares(graph: Graph, squares: Tensor[]): void {
  graph.output("sum_of_squares", squares.reduce((sum, square) => add(sum, square)));
}

/** Returns the feeds and kept tensors for the values declared by {@linkcode declareGradients}. */
export function gradientBindings(
  names: [inGraph: string, onDevice: string][],
  gradients: DeviceParameters,
  carry: number | undefined,
): { feeds: Record<string, HostTensor | DeviceTensor>; keep: Record<string, DeviceTensor> } {
  const feeds: Record<string, HostTensor | DeviceTensor> = {};
  const keep: Record<string, DeviceTensor> = {};
  if (carry !== undefined) feeds.carry = scalarFeed(carry);
  for (const [name, full] of names) {
    const tensor = gradients.get(full)!;
    if (carry !== undefined) feeds[`before.${name}`] = tensor;
    keep[`gradient.${name}`] = tensor;
  }
  return { feeds, keep };
}
