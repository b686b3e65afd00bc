import type { Graph } from "../graph/graph.ts";
import { add, multiply, subtract } from "../graph/operators/arithmetic.ts";
import { linear, matmul } from "../graph/operators/matmul.ts";
import { reshape } from "../graph/operators/reshape.ts";
import { softmax } from "../graph/operators/softmax.ts";
import { concatenate, split } from "../graph/operators/split.ts";
import { transpose } from "../graph/operators/transpose.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { LlamaConfig } from "./config.ts";
import { gatedUnit } from "./gated_unit.ts";
import { rmsNorm } from "./rms_norm.ts";
import { ropeTable } from "./rope.ts";

/** Constants that all blocks of a graph share. */
export interface BlockConstants {
  /** Rotation of queries, with 1/sqrt(headDim) folded in: cosine and sine, [sequence, 1, 1, headDim / 2]. */
  readonly queryRotation: readonly [Tensor, Tensor];
  /** Rotation of keys: cosine and sine, [sequence, 1, headDim / 2]. */
  readonly keyRotation: readonly [Tensor, Tensor];
  /** Added to attention scores, [sequence, sequence]: 0 up to the diagonal, very negative above it. */
  readonly mask: Tensor;
}

/** Stores the constants of {@linkcode decoderBlock} in a graph. */
export function blockConstants(
  graph: Graph,
  config: LlamaConfig,
  sequence: number,
): BlockConstants {
  const half = config.headDim / 2;
  const rotation = (dims: number[], scale: number): [Tensor, Tensor] => {
    const { cos, sin } = ropeTable(config, sequence, scale);
    return [graph.constant("float32", dims, cos), graph.constant("float32", dims, sin)];
  };
  const mask = new Float32Array(sequence * sequence);
  for (let row = 0; row < sequence; row++) {
    mask.fill(-1e30, row * sequence + row + 1, (row + 1) * sequence);
  }
  return {
    queryRotation: rotation([sequence, 1, 1, half], 1 / Math.sqrt(config.headDim)),
    keyRotation: rotation([sequence, 1, half], 1),
    mask: graph.constant("float32", [sequence, sequence], mask),
  };
}

/**
 * One decoder block: x + attention(norm(x)), then + mlp(norm(.)).
 *
 * @param x Shape [batch, sequence, hidden].
 * @param weights Tensors of `blockParameters`, in that order.
 */
export function decoderBlock(
  x: Tensor,
  weights: Tensor[],
  config: LlamaConfig,
  constants: BlockConstants,
): Tensor {
  const [attentionNorm, q, k, v, o, mlpNorm, gate, up, down] = weights;
  const normal = rmsNorm(x, attentionNorm, config.rmsNormEpsilon);
  const mixed = attention(normal, [q, k, v], config, constants);
  const middle = add(x, linear(mixed, o));
  const inner = rmsNorm(middle, mlpNorm, config.rmsNormEpsilon);
  const gated = gatedUnit(linear(inner, gate), linear(inner, up));
  return add(middle, linear(gated, down));
}

/**
 * Causal attention. The query heads that share a key head are stacked into the rows of one product, so
 * grouped-query attention never repeats keys or values.
 */
function attention(
  x: Tensor,
  [q, k, v]: Tensor[],
  { heads, keyValueHeads: groups, headDim }: LlamaConfig,
  { queryRotation, keyRotation, mask }: BlockConstants,
): Tensor {
  const [batch, sequence] = x.dims;
  const shared = heads / groups;
  const queries = transpose(
    rotate(reshape(linear(x, q), [batch, sequence, groups, shared, headDim]), queryRotation),
    [0, 2, 3, 1, 4],
  ); // [batch, groups, shared, sequence, headDim]
  const keys = transpose(
    rotate(reshape(linear(x, k), [batch, sequence, groups, headDim]), keyRotation),
    [0, 2, 3, 1],
  ); // [batch, groups, headDim, sequence]
  const values = transpose(
    reshape(linear(x, v), [batch, sequence, groups, headDim]),
    [0, 2, 1, 3],
  ); // [batch, groups, sequence, headDim]
  const stacked = [batch, groups, shared * sequence];
  const scores = matmul(reshape(queries, [...stacked, headDim]), keys);
  const weights = softmax(
    add(reshape(scores, [batch, groups, shared, sequence, sequence]), mask),
  );
  const mixed = matmul(reshape(weights, [...stacked, sequence]), values);
  const apart = reshape(mixed, [batch, groups, shared, sequence, headDim]);
  return reshape(transpose(apart, [0, 3, 1, 2, 4]), [batch, sequence, heads * headDim]);
}

/** Rotates the pairs (i, i + headDim/2) of the last axis. */
function rotate(x: Tensor, [cos, sin]: readonly [Tensor, Tensor]): Tensor {
  const [first, second] = split(x, 2);
  return concatenate([
    subtract(multiply(first, cos), multiply(second, sin)),
    add(multiply(second, cos), multiply(first, sin)),
  ]);
}
