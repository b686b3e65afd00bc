import type { Engine } from "../../engine/engine.ts";
import { Graph, type Tensor } from "../../graph/graph.ts";
import { gradients } from "../../graph/gradients.ts";
import { serializeGraph } from "../../graph/serialize_graph.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { forward } from "./forward.ts";
import {
  batchFeeds,
  type BatchShape,
  declareGradients,
  declareSumOfSquares,
  gradientBindings,
  type GradientPass,
  type GradientPassOptions,
} from "./gradient_pass.ts";
import { headLoss } from "../model/head.ts";
import { llamaParameters } from "../model/parameters.ts";

/**
 * Opens a forward and backward pass as one graph, fastest while the activations of all layers fit in memory.
 */
export async function wholeGradients(
  engine: Engine,
  config: LlamaConfig,
  options: GradientPassOptions,
): Promise<GradientPass> {
  const names = llamaParameters(config).map(({ name }) => name);
  const carried = options.accumulate > 1;
  const session = await engine.load(
    serializeGraph(gradientGraph(config, options, options.accumulate)),
    names.map((name) => `gradient.${name}`),
  );
  const parameters = Object.fromEntries(names.map((name) => [name, options.parameters.get(name)!]));
  return {
    async gradients(batch, first) {
      const { feeds, keep } = gradientBindings(
        names.map((name) => [name, name]),
        options.gradients,
        carried ? Number(!first) : undefined,
      );
      const results = await session.run(
        { ...batchFeeds(batch, options), ...parameters, ...feeds },
        keep,
      );
      return {
        loss: Number(results.loss.data[0]),
        sumOfSquares: Number(results.sum_of_squares.data[0]),
      };
    },
    release: () => session.release(),
  };
}

function gradientGraph(config: LlamaConfig, shape: BatchShape, accumulate: number): Graph {
  const graph = new Graph("llama_gradients");
  const { parameters, hidden, norm, head } = forward(graph, config, shape);
  const targets = graph.input("targets", "int32", [shape.batch, shape.sequence]);
  const loss = headLoss(hidden, norm, head, targets, config);
  const seed = graph.scalar("float32", 1 / accumulate);
  const found = gradients(loss, parameters, seed);
  const pairs = parameters.map(({ name }, index): [string, Tensor] => [name, found[index]]);
  declareSumOfSquares(graph, declareGradients(graph, pairs, accumulate > 1));
  graph.output("loss", loss);
  return graph;
}
