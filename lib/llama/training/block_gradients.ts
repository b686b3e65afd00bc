import type { DeviceTensor, Engine, HostTensor, Session } from "../../engine/engine.ts";
import { Graph, type Tensor } from "../../graph/graph.ts";
import { pullBack } from "../../graph/gradients.ts";
import { expand } from "../../graph/operators/arithmetic.ts";
import { reshape } from "../../graph/operators/reshape.ts";
import { gatherRows } from "../../graph/operators/gather.ts";
import { serializeGraph } from "../../graph/serialize_graph.ts";
import { elementCount } from "../../tensor/dims.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { blockConstants, decoderBlock } from "../model/decoder_block.ts";
import {
  batchFeeds,
  type BatchShape,
  declareGradients,
  declareSumOfSquares,
  gradientBindings,
  type GradientPass,
  type GradientPassOptions,
  type MicroBatch,
  type PassResult,
} from "./gradient_pass.ts";
import { headLoss } from "../model/head.ts";
import {
  blockParameterName,
  blockParameters,
  EMBEDDING,
  FINAL_NORM,
  HEAD,
} from "../model/parameters.ts";

type Feeds = Record<string, HostTensor | DeviceTensor>;

/**
 * Opens a forward and backward pass that runs block by block, with one graph for all blocks. Only the input
 * of each block is kept; its backward graph recomputes the rest. Graph size and compile time do not grow with
 * depth.
 */
export async function blockGradients(
  engine: Engine,
  config: LlamaConfig,
  options: GradientPassOptions,
): Promise<GradientPass> {
  const pass = new BlockGradients(engine, config, options);
  await pass.open();
  return pass;
}

class BlockGradients implements GradientPass {
  readonly #blockNames: string[];
  readonly #headName: string;
  #sessions!: Record<"embed" | "block" | "head" | "blockBack" | "embedBack", Session>;
  #hidden: DeviceTensor[] = [];
  #slope!: DeviceTensor;

  constructor(
    readonly engine: Engine,
    readonly config: LlamaConfig,
    readonly options: GradientPassOptions,
  ) {
    this.#blockNames = blockParameters(config).map(({ name }) => name);
    this.#headName = config.tiedEmbeddings ? EMBEDDING : HEAD;
  }

  async open(): Promise<void> {
    const { engine, config, options } = this;
    const load = (graph: Graph, kept: string[]) => engine.load(serializeGraph(graph), kept);
    const blockKept = this.#blockNames.map((name) => `gradient.${name}`);
    this.#sessions = {
      embed: await load(embedGraph(config, options), ["hidden"]),
      block: await load(blockGraph(config, options), ["after"]),
      head: await load(
        headGraph(config, options, options.accumulate),
        ["slope", "gradient.norm", "gradient.head"],
      ),
      blockBack: await load(blockBackGraph(config, options), ["slope_before", ...blockKept]),
      embedBack: await load(embedBackGraph(config, options), ["gradient.embedding"]),
    };
    const dims = [options.batch, options.sequence, config.hiddenSize];
    const buffer = () =>
      engine.upload({ type: "float32", dims, data: new Float32Array(elementCount(dims)) });
    for (let layer = 0; layer <= config.layers; layer++) this.#hidden.push(await buffer());
    this.#slope = await buffer();
  }

  async gradients(batch: MicroBatch, first: boolean): Promise<PassResult> {
    const { config, options } = this;
    const carry = options.accumulate > 1 ? Number(!first) : undefined;
    const { tokens, targets } = batchFeeds(batch, options);
    await this.#forward(tokens);
    const top = gradientBindings(
      [["norm", FINAL_NORM], ["head", this.#headName]],
      options.gradients,
      carry,
    );
    const { loss, sum_of_squares } = await this.#sessions.head.run(
      { ...this.#headFeeds(targets), ...top.feeds },
      { slope: this.#slope, ...top.keep },
    );
    let sumOfSquares = Number(sum_of_squares.data[0]);
    for (let layer = config.layers - 1; layer >= 0; layer--) {
      const names = this.#blockNames.map((name): [string, string] => [
        name,
        blockParameterName(layer, name),
      ]);
      const { feeds, keep } = gradientBindings(names, options.gradients, carry);
      const result = await this.#sessions.blockBack.run(
        { before: this.#hidden[layer], slope: this.#slope, ...this.#blockFeeds(layer), ...feeds },
        { slope_before: this.#slope, ...keep },
      );
      sumOfSquares += Number(result.sum_of_squares.data[0]);
    }
    // The gradient of a tied table already has the head's part, so the embedding's part is added.
    const bottom = gradientBindings(
      [["embedding", EMBEDDING]],
      options.gradients,
      config.tiedEmbeddings ? 1 : carry,
    );
    const result = await this.#sessions.embedBack.run(
      { tokens, slope: this.#slope, ...bottom.feeds },
      bottom.keep,
    );
    sumOfSquares += Number(result.sum_of_squares.data[0]);
    return { loss: Number(loss.data[0]), sumOfSquares };
  }

  async release(): Promise<void> {
    for (const session of Object.values(this.#sessions)) await session.release();
    await this.engine.dispose([...this.#hidden, this.#slope]);
  }

  async #forward(tokens: HostTensor): Promise<void> {
    const table = this.options.parameters.get(EMBEDDING)!;
    await this.#sessions.embed.run({ tokens, table }, { hidden: this.#hidden[0] });
    for (let layer = 0; layer < this.config.layers; layer++) {
      await this.#sessions.block.run(
        { before: this.#hidden[layer], ...this.#blockFeeds(layer) },
        { after: this.#hidden[layer + 1] },
      );
    }
  }

  #blockFeeds(layer: number): Feeds {
    return Object.fromEntries(this.#blockNames.map((name) => [
      name,
      this.options.parameters.get(blockParameterName(layer, name))!,
    ]));
  }

  #headFeeds(targets: HostTensor): Feeds {
    const { parameters } = this.options;
    return {
      targets,
      hidden: this.#hidden[this.config.layers],
      norm: parameters.get(FINAL_NORM)!,
      head: parameters.get(this.#headName)!,
    };
  }
}

function embedGraph({ vocabSize, hiddenSize }: LlamaConfig, shape: BatchShape): Graph {
  const graph = new Graph("llama_embed");
  const tokens = graph.input("tokens", "int32", [shape.batch, shape.sequence]);
  const table = graph.input("table", "float32", [vocabSize, hiddenSize]);
  graph.output("hidden", gatherRows(table, tokens));
  return graph;
}

function blockInputs(graph: Graph, config: LlamaConfig, { batch, sequence }: BatchShape) {
  const before = graph.input("before", "float32", [batch, sequence, config.hiddenSize]);
  const weights = blockParameters(config).map(({ name, dims }) =>
    graph.input(name, "float32", dims)
  );
  const after = decoderBlock(before, weights, config, blockConstants(graph, config, sequence));
  return { before, weights, after };
}

function blockGraph(config: LlamaConfig, shape: BatchShape): Graph {
  const graph = new Graph("llama_block");
  graph.output("after", blockInputs(graph, config, shape).after);
  return graph;
}

function blockBackGraph(config: LlamaConfig, options: GradientPassOptions): Graph {
  const graph = new Graph("llama_block_backward");
  const { before, weights, after } = blockInputs(graph, config, options);
  const slope = graph.input("slope", "float32", after.dims);
  const [slopeBefore, ...found] = pullBack([[after, slope]], [before, ...weights]);
  graph.output("slope_before", slopeBefore);
  const pairs = weights.map(({ name }, index): [string, Tensor] => [name, found[index]]);
  declareSumOfSquares(graph, declareGradients(graph, pairs, options.accumulate > 1));
  return graph;
}

/** Builds the graph of the head, the loss and their gradients. */
function headGraph(config: LlamaConfig, shape: BatchShape, accumulate: number): Graph {
  const { vocabSize, hiddenSize, tiedEmbeddings } = config;
  const graph = new Graph("llama_head");
  const dims = [shape.batch, shape.sequence];
  const targets = graph.input("targets", "int32", dims);
  const hidden = graph.input("hidden", "float32", [...dims, hiddenSize]);
  const norm = graph.input("norm", "float32", [hiddenSize]);
  const head = graph.input("head", "float32", [vocabSize, hiddenSize]);
  const loss = headLoss(hidden, norm, head, targets, config);
  graph.output("loss", loss);
  const seed = graph.scalar("float32", 1 / accumulate);
  const [slope, ofNorm, ofHead] = pullBack([[loss, seed]], [hidden, norm, head]);
  graph.output("slope", slope);
  const pairs: [string, Tensor][] = [["norm", ofNorm], ["head", ofHead]];
  const squares = declareGradients(graph, pairs, accumulate > 1);
  // A tied table's gradient is complete only after the embedding's backward pass, which counts it.
  declareSumOfSquares(graph, tiedEmbeddings ? squares.slice(0, 1) : squares);
  return graph;
}

function embedBackGraph(config: LlamaConfig, options: GradientPassOptions): Graph {
  const { vocabSize, hiddenSize, tiedEmbeddings } = config;
  const graph = new Graph("llama_embed_backward");
  const dims = [options.batch, options.sequence];
  const tokens = graph.input("tokens", "int32", dims);
  const slope = graph.input("slope", "float32", [...dims, hiddenSize]);
  // Only the shape of the table matters to its gradient, so the table itself is not fed.
  const table = expand(reshape(graph.scalar("float32", 0), [1, 1]), [vocabSize, hiddenSize]);
  const [gradient] = pullBack([[gatherRows(table, tokens), slope]], [table]);
  const accumulate = tiedEmbeddings || options.accumulate > 1;
  declareSumOfSquares(graph, declareGradients(graph, [["embedding", gradient]], accumulate));
  return graph;
}
