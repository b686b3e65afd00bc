import {
  add,
  multiply,
  reduceMax,
  reduceSum,
  scale,
  subtract,
} from "../../graph/operators/arithmetic.ts";
import { cast } from "../../graph/operators/cast.ts";
import { and, argMax, lessOrEqual, where } from "../../graph/operators/compare.ts";
import { exp, log } from "../../graph/operators/functions.ts";
import { gatherElements } from "../../graph/operators/gather.ts";
import { linear } from "../../graph/operators/matmul.ts";
import { reshape } from "../../graph/operators/reshape.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { EMBEDDING, FINAL_NORM, HEAD } from "../model/parameters.ts";
import { modelNorm } from "../model/model_norm.ts";
import { capped } from "../model/soft_cap.ts";
import type { ParameterSource } from "../model/parameter_source.ts";
import { concatenate } from "../../graph/operators/split.ts";

/** Logit statistics over one or more vocabulary tiles, each of shape [places, 1]. */
interface TileResult {
  /** Largest logit. */
  readonly best: Tensor;
  /** Token of the largest logit, int32; the first if tied. */
  readonly argmax: Tensor;
  /** Sum of the exponentials of the logits minus the largest. */
  readonly powers: Tensor;
  /** Sum of the logits: NaN or infinite if one of them is. */
  readonly total: Tensor;
  /** Logit of the target. */
  readonly own: Tensor;
}

/** Half-open range of tokens whose weights are used at once. */
interface Tile {
  readonly from: number;
  readonly to: number;
}

/** Splits the vocabulary into tiles of at most `bytesMax` float32 weight bytes plus one row. */
export function vocabularyTiles(
  { hiddenSize, vocabSize }: Pick<LlamaConfig, "hiddenSize" | "vocabSize">,
  bytesMax: number,
): Tile[] {
  const count = Math.min(vocabSize, Math.ceil(4 * hiddenSize * vocabSize / bytesMax));
  const width = Math.ceil(vocabSize / count);
  return Array.from({ length: Math.ceil(vocabSize / width) }, (_, i) => ({
    from: i * width,
    to: Math.min((i + 1) * width, vocabSize),
  }));
}

/**
 * Computes losses and argmax one vocabulary tile at a time: only one tile's weights and logits need be in
 * memory, and none exceeds the buffer limit of a GPU. Tiles are merged by the running softmax (Milakov and
 * Gimelshein 2018); with one tile the result is bitwise equal to plain cross-entropy.
 *
 * @param hidden Shape [places, hidden].
 * @param targets int32, shape [places].
 * @param bytesMax Maximum bytes of a tile's weights as float32.
 * @returns `losses` in nats, `argmax` int32 and the `total` of the logits, each of shape [places].
 */
export function tiledHead(
  hidden: Tensor,
  targets: Tensor,
  config: LlamaConfig,
  parameter: ParameterSource,
  bytesMax: number,
): Record<"losses" | "argmax" | "total", Tensor> {
  const [places] = hidden.dims;
  const column = reshape(targets, [places, 1]);
  const logitsOf = tileLogits(hidden, config, parameter);
  let known: TileResult | undefined;
  for (const tile of vocabularyTiles(config, bytesMax)) {
    const found = tileResult(logitsOf(tile), column, tile, config.vocabSize);
    known = known ? together(known, found, column, tile) : found;
  }
  const { best, argmax, own, powers, total } = known!;
  const flat = (x: Tensor) => reshape(x, [places]);
  return {
    losses: flat(subtract(log(powers), subtract(own, best))),
    argmax: flat(argmax),
    total: flat(total),
  };
}

/**
 * Returns the logits of the whole vocabulary, [places, vocabulary].
 *
 * @param hidden Shape [places, hidden].
 * @param bytesMax Maximum bytes of a tile's weights as float32.
 */
export function tiledLogits(
  hidden: Tensor,
  config: LlamaConfig,
  parameter: ParameterSource,
  bytesMax: number,
): Tensor {
  return concatenate(
    vocabularyTiles(config, bytesMax).map(tileLogits(hidden, config, parameter)),
    1,
  );
}

/** Returns a function that computes the logits of a tile, [places, tokens of the tile]. */
function tileLogits(
  hidden: Tensor,
  config: LlamaConfig,
  parameter: ParameterSource,
): (tile: Tile) => Tensor {
  const { graph } = hidden;
  const { hiddenSize, tiedEmbeddings, traits: { logitCap, logitScale = 1 } = {}, vocabSize } =
    config;
  const norm = cast(parameter(graph, { name: FINAL_NORM, dims: [hiddenSize] }), "float32");
  const normed = modelNorm(hidden, norm, config);
  const name = tiedEmbeddings ? EMBEDDING : HEAD;
  return (tile) => {
    const weight = parameter(graph, { name, dims: [vocabSize, hiddenSize], rows: tile });
    const plain = linear(normed, cast(weight, "float32"));
    return capped(logitScale === 1 ? plain : scale(plain, logitScale), logitCap);
  };
}

/** @param logits Shape [places, tokens of the tile]. */
function tileResult(
  logits: Tensor,
  column: Tensor,
  { from, to }: Tile,
  vocabSize: number,
): TileResult {
  const { graph } = logits;
  const whole = to - from === vocabSize;
  const integer = (value: number) => graph.scalar("int32", value);
  const own = whole ? gatherElements(logits, column) : gatherElements(
    logits,
    where(isIn(column, { from, to }), subtract(column, integer(from)), integer(0)),
  );
  const best = reduceMax(logits, [1]);
  const argmax = reshape(cast(argMax(logits), "int32"), column.dims);
  return {
    best,
    argmax: whole ? argmax : add(argmax, integer(from)),
    powers: reduceSum(exp(subtract(logits, best)), [1]),
    total: reduceSum(logits, [1]),
    own,
  };
}

function together(known: TileResult, found: TileResult, column: Tensor, tile: Tile): TileResult {
  const keeps = lessOrEqual(found.best, known.best);
  const best = where(keeps, known.best, found.best);
  const share = (result: TileResult) => multiply(result.powers, exp(subtract(result.best, best)));
  return {
    best,
    argmax: where(keeps, known.argmax, found.argmax),
    powers: add(share(known), share(found)),
    total: add(known.total, found.total),
    own: where(isIn(column, tile), found.own, known.own),
  };
}

function isIn(column: Tensor, { from, to }: Tile): Tensor {
  const { graph } = column;
  return and(
    lessOrEqual(graph.scalar("int32", from), column),
    lessOrEqual(column, graph.scalar("int32", to - 1)),
  );
}
