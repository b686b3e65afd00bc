import type { DeviceTensor, Engine, Session } from "../../engine/engine.ts";
import { Graph } from "../../graph/graph.ts";
import { serializeGraph } from "../../graph/serialize_graph.ts";
import { elementCount } from "../../tensor/dims.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { forward } from "./forward.ts";
import { batchFeeds, type BatchShape, type MicroBatch } from "./gradient_pass.ts";
import { headSequenceLosses } from "../model/head.ts";
import { llamaParameters } from "../model/parameters.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";

/** Computes losses of whole sequences. It holds a separate set of parameters, and nothing else. */
export class LossModel {
  private constructor(
    readonly shape: BatchShape,
    readonly engine: Engine,
    readonly session: Session,
    readonly parameters: Map<string, DeviceTensor>,
  ) {}

  /**
   * Compiles the forward pass.
   *
   * @param shape Sequences per call, and their length.
   * @throws EngineError when the device rejects the graph or lacks memory for it.
   */
  static async open(engine: Engine, config: LlamaConfig, shape: BatchShape): Promise<LossModel> {
    const graph = new Graph("llama_loss");
    const { hidden, norm, head } = forward(graph, config, shape);
    const targets = graph.input("targets", "int32", [shape.batch, shape.sequence]);
    graph.output("losses", headSequenceLosses(hidden, norm, head, targets, config));
    const session = await engine.load(serializeGraph(graph));
    const parameters = new Map<string, DeviceTensor>();
    for (const { name, dims } of llamaParameters(config)) {
      const data = new Float32Array(elementCount(dims));
      parameters.set(name, await engine.upload({ type: "float32", dims, data }));
    }
    return new LossModel(shape, engine, session, parameters);
  }

  /** Uploads parameters to the device. */
  async load(values: ParameterValues): Promise<void> {
    for (const [name, target] of this.parameters) {
      const data = values.get(name)!;
      await this.engine.write(target, { type: "float32", dims: target.dims, data });
    }
  }

  /**
   * Returns the mean cross-entropy of each sequence, nats per token.
   *
   * @returns Shape [batch].
   */
  async losses(batch: MicroBatch): Promise<Float32Array<ArrayBuffer>> {
    const { losses } = await this.session.run({
      ...batchFeeds(batch, this.shape),
      ...Object.fromEntries(this.parameters),
    });
    return losses.data as Float32Array<ArrayBuffer>;
  }

  /** Releases the session and the parameters. */
  async close(): Promise<void> {
    await this.session.release();
    await this.engine.dispose([...this.parameters.values()]);
  }
}
