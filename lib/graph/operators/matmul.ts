import { elementCount } from "../../tensor/dims.ts";
import type { Tensor } from "../graph.ts";
import { broadcastDims, sumToDims } from "./arithmetic.ts";
import { reshape } from "./reshape.ts";
import { transpose } from "./transpose.ts";

/** Batched matrix product `[..., m, k] x [..., k, n] -> [..., m, n]`. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const [m, inner] = a.dims.slice(-2);
  const [rows, n] = b.dims.slice(-2);
  if (a.dims.length < 2 || b.dims.length < 2 || inner !== rows) {
    throw new RangeError(`Cannot apply MatMul: shapes [${a.dims}] and [${b.dims}] do not chain`);
  }
  const batch = broadcastDims("MatMul", a.dims.slice(0, -2), b.dims.slice(0, -2));
  return a.graph.emit({
    operator: "MatMul",
    inputs: [a, b],
    outputs: [{ type: a.type, dims: [...batch, m, n] }],
    pullback: ([gradient]) => [
      sumToDims(matmul(gradient!, swapLast(b)), a.dims),
      sumToDims(matmul(swapLast(a), gradient!), b.dims),
    ],
  })[0];
}

/** Product of two matrices, each optionally transposed without a copy. */
export function gemm(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  const [m, inner] = transposeA ? [a.dims[1], a.dims[0]] : a.dims;
  const [rows, n] = transposeB ? [b.dims[1], b.dims[0]] : b.dims;
  if (a.dims.length !== 2 || b.dims.length !== 2 || inner !== rows) {
    throw new RangeError(`Cannot apply Gemm: shapes [${a.dims}] and [${b.dims}] do not chain`);
  }
  return a.graph.emit({
    operator: "Gemm",
    inputs: [a, b],
    outputs: [{ type: a.type, dims: [m, n] }],
    attributes: { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } },
    pullback: ([gradient]) => [
      transposeA ? gemm(b, gradient!, transposeB, true) : gemm(gradient!, b, false, !transposeB),
      transposeB ? gemm(gradient!, a, true, transposeA) : gemm(a, gradient!, !transposeA, false),
    ],
  })[0];
}

/**
 * Linear layer without bias on the last axis: `x W^T`.
 *
 * @param x Shape [..., in].
 * @param weight Shape [out, in], as checkpoints store it.
 */
export function linear(x: Tensor, weight: Tensor): Tensor {
  const width = x.dims[x.dims.length - 1];
  const rows = reshape(x, [elementCount(x.dims) / width, width]);
  return reshape(gemm(rows, weight, false, true), [...x.dims.slice(0, -1), weight.dims[0]]);
}

function swapLast(x: Tensor): Tensor {
  const order = x.dims.map((_, axis) => axis);
  order.push(...order.splice(-2).reverse());
  return transpose(x, order);
}
