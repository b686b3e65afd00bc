import type { Graph, Tensor } from "../../graph/graph.ts";
import { add, multiply, scale, subtract } from "../../graph/operators/arithmetic.ts";
import { linear, matmul } from "../../graph/operators/matmul.ts";
import { reshape } from "../../graph/operators/reshape.ts";
import { softmax } from "../../graph/operators/softmax.ts";
import { slice } from "../../graph/operators/slice.ts";
import { concatenate, split } from "../../graph/operators/split.ts";
import { transpose } from "../../graph/operators/transpose.ts";
import type { LlamaConfig } from "./llama_config.ts";
import { gatedUnit } from "./gated_unit.ts";
import { geluTanh } from "./gelu_tanh.ts";
import { modelNorm } from "./model_norm.ts";
import { blockNorms, blockParameters } from "./parameters.ts";
import { ropeTable } from "./rope.ts";
import { capped } from "./soft_cap.ts";

/** Values shared by all blocks of one kind in a graph, constant or computed once per run. */
export interface BlockConstants {
  /**
   * Cosine and sine of the query rotation, with the attention scale folded in, broadcast to
   * [batch, sequence, 1, 1, rotated / 2]; undefined where nothing is rotated.
   */
  readonly queryRotation: readonly [Tensor, Tensor] | undefined;
  /** Cosine and sine of the key rotation, broadcast to [batch, sequence, 1, rotated / 2]. */
  readonly keyRotation: readonly [Tensor, Tensor] | undefined;
  /**
   * Additive attention mask, broadcast to [batch, 1, 1, sequence, sequence]: 0 where attention is allowed,
   * very negative elsewhere.
   */
  readonly mask: Tensor;
  /**
   * Query positions whose attention is computed at once, to bound the memory of scores; a longer sequence has
   * no gradient.
   */
  readonly queryRowsMax?: number;
  /**
   * Adds keys and values to the KV cache and returns the whole cache, all [batch, groups, length, headDim];
   * absent where attention stays within one pass.
   */
  readonly cache?: (keys: Tensor, values: Tensor) => { keys: Tensor; values: Tensor };
}

/** Returns the factor on attention scores. */
export function attentionScale({ headDim, traits = {} }: LlamaConfig): number {
  return traits.attentionScale ?? 1 / Math.sqrt(headDim);
}

/** Stores the constants of {@linkcode decoderBlock} in a graph, for a model without traits. */
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
    queryRotation: rotation([sequence, 1, 1, half], attentionScale(config)),
    keyRotation: rotation([sequence, 1, half], 1),
    mask: graph.constant("float32", [sequence, sequence], mask),
  };
}

/**
 * Computes one decoder block: h = x + attention(norm(x)), then h + mlp(norm(h)), norms placed per family.
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
  const modules: Modules = {
    project: (x, module) => {
      const product = linear(x, weight(`${module}.weight`)!);
      const bias = weight(`${module}.bias`);
      return bias ? add(product, bias) : product;
    },
    normal: (x, module) =>
      module === undefined ? x : modelNorm(x, weight(`${module}.weight`)!, config),
  };
  const { project, normal } = modules;
  const { activation, residualScale = 1 } = config.traits ?? {};
  const grow = (x: Tensor, change: Tensor) =>
    add(x, residualScale === 1 ? change : scale(change, residualScale));
  const norms = blockNorms(config);
  const mixed = attention(normal(x, norms.attention.before), modules, config, constants);
  const middle = grow(x, normal(project(mixed, "self_attn.o_proj"), norms.attention.after));
  const inner = normal(middle, norms.gatedUnit.before);
  const gate = project(inner, "mlp.gate_proj");
  const up = project(inner, "mlp.up_proj");
  const gated = activation === "gelu-tanh" ? multiply(geluTanh(gate), up) : gatedUnit(gate, up);
  return grow(middle, normal(project(gated, "mlp.down_proj"), norms.gatedUnit.after));
}

/** Modules of a block, by weight name. */
interface Modules {
  /** Applies a linear layer, with its bias if any. */
  readonly project: (x: Tensor, module: string) => Tensor;
  /** Applies a norm; returns x if the module is undefined. */
  readonly normal: (x: Tensor, module: string | undefined) => Tensor;
}

/**
 * Causal attention. The query heads that share a key head are stacked into the rows of one product, so
 * grouped-query attention never repeats keys or values.
 */
function attention(
  x: Tensor,
  modules: Modules,
  config: LlamaConfig,
  { queryRotation, keyRotation, mask, queryRowsMax = Infinity, cache }: BlockConstants,
): Tensor {
  const { heads, keyValueHeads: groups, headDim } = config;
  const [batch, sequence] = x.dims;
  const shared = heads / groups;
  const rows = (name: "q" | "k", dims: number[]) => headRows(x, name, dims, modules, config);
  const queryRows = rows("q", [batch, sequence, groups, shared, headDim]);
  const turned = queryRotation
    ? rotate(queryRows, queryRotation, attentionScale(config))
    : scale(queryRows, attentionScale(config));
  const queries = transpose(turned, [0, 2, 3, 1, 4]); // [batch, groups, shared, sequence, headDim]
  const plainKeys = rows("k", [batch, sequence, groups, headDim]);
  const keyRows = keyRotation ? rotate(plainKeys, keyRotation, 1) : plainKeys;
  const ownValues = transpose(
    reshape(modules.project(x, "self_attn.v_proj"), [batch, sequence, groups, headDim]),
    [0, 2, 1, 3],
  ); // [batch, groups, sequence, headDim]
  const all = cache?.(transpose(keyRows, [0, 2, 1, 3]), ownValues);
  const keys = all ? transpose(all.keys, [0, 1, 3, 2]) : transpose(keyRows, [0, 2, 3, 1]);
  const values = all?.values ?? ownValues; // [batch, groups, length, headDim]
  const length = values.dims[2];
  const attend = (queries: Tensor, mask: Tensor) => {
    const rows = queries.dims[3];
    const stacked = [batch, groups, shared * rows];
    const scores = capped(
      matmul(reshape(queries, [...stacked, headDim]), keys),
      config.traits?.attentionCap,
    );
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
  return concatenate(parts, 1);
}

/** Returns queries or keys by head, normalised where the family does so, not yet rotated. */
function headRows(
  x: Tensor,
  name: "q" | "k",
  dims: number[],
  { project, normal }: Modules,
  { traits = {} }: LlamaConfig,
): Tensor {
  const projected = project(x, `self_attn.${name}_proj`);
  const norm = `self_attn.${name}_norm`;
  if (traits.queryKeyNorm === "whole") return reshape(normal(projected, norm), dims);
  const rows = reshape(projected, dims);
  return traits.queryKeyNorm === "head" ? normal(rows, norm) : rows;
}

/**
 * Rotates the pairs (i, i + rotated / 2) of the last axis; the remaining elements are only scaled.
 *
 * @param factor Scale folded into the rotation.
 */
function rotate(x: Tensor, [cos, sin]: readonly [Tensor, Tensor], factor: number): Tensor {
  const [headDim, half] = [x.dims.at(-1)!, cos.dims.at(-1)!];
  if (2 * half < headDim) {
    const last = x.dims.length - 1;
    const rotated = rotate(slice(x, last, 0, 2 * half), [cos, sin], factor);
    const rest = slice(x, last, 2 * half, headDim);
    return concatenate([rotated, factor === 1 ? rest : scale(rest, factor)], last);
  }
  const [first, second] = split(x, 2);
  return concatenate([
    subtract(multiply(first, cos), multiply(second, sin)),
    add(multiply(second, cos), multiply(first, sin)),
  ]);
}
