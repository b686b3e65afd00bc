import type { DeviceTensor, Engine, Session } from "../engine/engine.ts";
import { Graph } from "../graph/graph.ts";
import { gatherRows } from "../graph/operators/gather.ts";
import { reshape } from "../graph/operators/reshape.ts";
import { serializeGraph } from "../graph/serialize_graph.ts";
import type { LlamaConfig } from "./config.ts";
import { forward } from "./forward.ts";
import { headLogits } from "./head.ts";
import { llamaParameters } from "./parameters.ts";
import type { ParameterValues } from "./trainer.ts";

/** Computes logits of chosen positions of one sequence. */
export class LogitsModel {
  private constructor(
    readonly config: LlamaConfig,
    readonly sequence: number,
    readonly engine: Engine,
    readonly session: Session,
    readonly parameters: Map<string, DeviceTensor>,
  ) {}

  /**
   * Puts parameters on the device and compiles the forward pass.
   *
   * @param sequence Tokens of every call; shorter texts are padded by the caller.
   * @param positions Positions whose logits each call gives.
   */
  static async open(
    engine: Engine,
    config: LlamaConfig,
    values: ParameterValues,
    sequence: number,
    positions: number,
  ): Promise<LogitsModel> {
    const graph = new Graph("llama_logits");
    const { hidden, norm, head } = forward(graph, config, { batch: 1, sequence });
    const rows = graph.input("positions", "int32", [positions]);
    const chosen = gatherRows(reshape(hidden, [sequence, config.hiddenSize]), rows);
    graph.output("logits", headLogits(chosen, norm, head, config));
    const session = await engine.load(serializeGraph(graph));
    const parameters = new Map<string, DeviceTensor>();
    for (const { name, dims } of llamaParameters(config)) {
      parameters.set(name, await engine.upload({ type: "float32", dims, data: values.get(name)! }));
    }
    return new LogitsModel(config, sequence, engine, session, parameters);
  }

  /**
   * Logits of positions.
   *
   * @param tokens [sequence]; what follows a position does not matter to it.
   * @param positions As many as the model was opened for.
   * @returns Row-major [positions, vocabulary].
   */
  async logits(
    tokens: Int32Array<ArrayBuffer>,
    positions: Int32Array<ArrayBuffer>,
  ): Promise<Float32Array> {
    const { logits } = await this.session.run({
      tokens: { type: "int32", dims: [1, this.sequence], data: tokens },
      positions: { type: "int32", dims: [positions.length], data: positions },
      ...Object.fromEntries(this.parameters),
    });
    return logits.data as Float32Array;
  }

  /** Frees session and parameters. */
  async close(): Promise<void> {
    await this.session.release();
    await this.engine.dispose([...this.parameters.values()]);
  }
}
