import { elementCount } from "../../tensor/dims.ts";
import type { Tensor } from "../graph.ts";
import { expand } from "./arithmetic.ts";
import { reshape } from "./reshape.ts";
import { zerosLike } from "./zeros.ts";

/**
 * Gathers rows of a table by index.
 *
 * The gradient adds rows with ScatterElements, which the runtime applies in order; ScatterND may
 * add repeated rows from several threads at once.
 *
 * @param table Shape [rows, width].
 * @param indices int32 or int64, any shape; every value within [0, rows).
 * @returns Shape [...indices, width].
 */
export function gatherRows(table: Tensor, indices: Tensor): Tensor {
  const width = table.dims[1];
  return table.graph.emit({
    operator: "Gather",
    inputs: [table, indices],
    outputs: [{ type: table.type, dims: [...indices.dims, width] }],
    attributes: { axis: { int: 0 } },
    pullback: ([gradient]) => {
      const count = elementCount(indices.dims);
      return [
        scatterAdd(
          zerosLike(table),
          expand(reshape(indices, [count, 1]), [count, width]),
          reshape(gradient!, [count, width]),
          0,
        ),
        undefined,
      ];
    },
  })[0];
}

/**
 * Picks one element per row along the last axis.
 *
 * @param x Shape [rows, width].
 * @param indices Shape [rows, 1].
 * @returns Shape [rows, 1].
 */
export function gatherElements(x: Tensor, indices: Tensor): Tensor {
  return x.graph.emit({
    operator: "GatherElements",
    inputs: [x, indices],
    outputs: [{ type: x.type, dims: indices.dims }],
    attributes: { axis: { int: 1 } },
    pullback: ([gradient]) => [
      scatterAdd(zerosLike(x), indices, gradient!, 1),
      undefined,
    ],
  })[0];
}

/**
 * Returns a copy of `target` with `updates` added at `indices` along one axis; not differentiable. Repeated
 * indices add up in order.
 */
export function scatterAdd(target: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor {
  return target.graph.emit({
    operator: "ScatterElements",
    inputs: [target, indices, updates],
    outputs: [target],
    attributes: { axis: { int: axis }, reduction: { text: "add" } },
  })[0];
}

/** Returns a copy of `target` with `updates` set at `indices` along an axis; not differentiable. */
export function scatter(target: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor {
  return target.graph.emit({
    operator: "ScatterElements",
    inputs: [target, indices, updates],
    outputs: [target],
    attributes: { axis: { int: axis } },
  })[0];
}
