import type { Graph } from "../graph/graph.ts";
import { add, multiply, subtract } from "../graph/operators/arithmetic.ts";
import { linear, matmul } from "../graph/operators/matmul.ts";
import { reshape } from "../graph/operators/reshape.ts";
import { softmax } from "../graph/operators/softmax.ts";
import { join, slice } from "../graph/operators/slice.ts";
import { concatenate, split } from "../graph/operators/split.ts";
import { transpose } from "../graph/operators/transpose.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { LlamaConfig } from "./config.ts";
import { gatedUnit } from "./gated_unit.ts";
import { blockParameters } from "./parameters.ts";
import { rmsNorm } from "./rms_norm.ts";
import { ropeTable } from "./rope.ts";

/** What all blocks of a graph share; constant, or computed once for each run. */
export interface BlockConstants {
  /** Rotation of queries, with 1/sqrt(headDim) folded in: cosine and sine, broadcast to [batch, sequence, 1, 1, headDim / 2]. */
  readonly queryRotation: readonly [Tensor, Tensor];
  /** Rotation of keys: cosine and sine, broadcast to [batch, sequence, 1, headDim / 2]. */
  readonly keyRotation: readonly [Tensor, Tensor];
  /** Added to attention scores, broadcast to [batch, 1, 1, sequence, sequence]: 0 where attention may go, else very negative. */
  readonly mask: Tensor;
  /** Tokens whose attention is computed at once, where scores of all would take too much memory; no gradient then. */
  readonly queryRowsMax?: number;
  /**
   * Puts the keys and values of these tokens to those of earlier ones, all [batch, groups, length, headDim];
   * absent where attention stays among the tokens of one pass.
   */
  readonly remember?: (keys: Tensor, values: Tensor) => { keys: Tensor; values: Tensor };
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
  const names = blockParameters(config).map(({ name }) => name);
  const weight = (name: string): Tensor | undefined => weights[names.indexOf(name)];
  const project = (x: Tensor, module: string) => {
    const product = linear(x, weight(`${module}.weight`)!);
    const bias = weight(`${module}.bias`);
    return bias ? add(product, bias) : product;
  };
  const normal = (x: Tensor, module: string) =>
    rmsNorm(x, weight(`${module}.weight`)!, config.rmsNormEpsilon);
  const mixed = attention(normal(x, "input_layernorm"), project, config, constants);
  const middle = add(x, project(mixed, "self_attn.o_proj"));
  const inner = normal(middle, "post_attention_layernorm");
  const gated = gatedUnit(project(inner, "mlp.gate_proj"), project(inner, "mlp.up_proj"));
  return add(middle, project(gated, "mlp.down_proj"));
}

/**
 * Causal attention. The query heads that share a key head are stacked into the rows of one product, so
 * grouped-query attention never repeats keys or values.
 */
function attention(
  x: Tensor,
  project: (x: Tensor, module: string) => Tensor,
  { heads, keyValueHeads: groups, headDim }: LlamaConfig,
  { queryRotation, keyRotation, mask, queryRowsMax = Infinity, remember }: BlockConstants,
): Tensor {
  const [batch, sequence] = x.dims;
  const shared = heads / groups;
  const queries = transpose(
    rotate(
      reshape(project(x, "self_attn.q_proj"), [batch, sequence, groups, shared, headDim]),
      queryRotation,
    ),
    [0, 2, 3, 1, 4],
  ); // [batch, groups, shared, sequence, headDim]
  const keyRows = rotate(
    reshape(project(x, "self_attn.k_proj"), [batch, sequence, groups, headDim]),
    keyRotation,
  );
  const ownValues = transpose(
    reshape(project(x, "self_attn.v_proj"), [batch, sequence, groups, headDim]),
    [0, 2, 1, 3],
  ); // [batch, groups, sequence, headDim]
  const all = remember?.(transpose(keyRows, [0, 2, 1, 3]), ownValues);
  const keys = all ? transpose(all.keys, [0, 1, 3, 2]) : transpose(keyRows, [0, 2, 3, 1]);
  const values = all?.values ?? ownValues; // [batch, groups, length, headDim]
  const length = values.dims[2];
  const attend = (queries: Tensor, mask: Tensor) => {
    const rows = queries.dims[3];
    const stacked = [batch, groups, shared * rows];
    const scores = matmul(reshape(queries, [...stacked, headDim]), keys);
    const weights = softmax(add(reshape(scores, [batch, groups, shared, rows, length]), mask));
    const mixed = matmul(reshape(weights, [...stacked, length]), values);
    const apart = reshape(mixed, [batch, groups, shared, rows, headDim]);
    return reshape(transpose(apart, [0, 3, 1, 2, 4]), [batch, rows, heads * headDim]);
  };
  if (sequence <= queryRowsMax) return attend(queries, mask);
  const starts = Array.from(
    { length: Math.ceil(sequence / queryRowsMax) },
    (_, i) => i * queryRowsMax,
  );
  const parts = starts.map((start) => {
    const end = Math.min(start + queryRowsMax, sequence);
    return attend(slice(queries, 3, start, end), slice(mask, mask.dims.length - 2, start, end));
  });
  return join(parts, 1);
}

/** Rotates the pairs (i, i + headDim/2) of the last axis. */
function rotate(x: Tensor, [cos, sin]: readonly [Tensor, Tensor]): Tensor {
  const [first, second] = split(x, 2);
  return concatenate([
    subtract(multiply(first, cos), multiply(second, sin)),
    add(multiply(second, cos), multiply(first, sin)),
  ]);
}
