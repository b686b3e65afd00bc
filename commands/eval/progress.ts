import type { LoadedTask } from "../../lib/evaluation/evaluate.ts";
import type { ChatTemplate } from "../../lib/template/chat_template.ts";
import type { ScoringPlan } from "../../lib/evaluation/checkpoint_model.ts";
import { scoredPlaces } from "../../lib/evaluation/questions.ts";
import { parameterCount } from "../../lib/llama/model/parameters.ts";
import { formatBytes, formatCount, formatSeconds } from "../../lib/report/format_quantity.ts";
import { ProgressLine } from "../../lib/terminal/progress_line.ts";
import type { Terminal } from "../../lib/terminal/terminal.ts";
import type { OpenModel } from "../../lib/evaluation/model/open_model.ts";
import type { ScoringEstimate } from "../../lib/evaluation/model/engine_model.ts";
import type { EvalOptions } from "./parse.ts";

/** Tells on standard error what an evaluation does. */
export class EvalProgress {
  readonly #bar: ProgressLine;

  /**
   * @param quiet Tell only what failed.
   * @param stopwatch Real seconds.
   */
  constructor(
    readonly terminal: Terminal,
    readonly quiet: boolean,
    readonly stopwatch: () => number,
  ) {
    this.#bar = new ProgressLine(terminal, stopwatch);
  }

  /** Tells a line. */
  line(text: string): void {
    this.clear();
    if (!this.quiet) this.terminal.error(text + "\n");
  }

  /** Tells why a task has no result; also when all else is quiet. */
  failure(name: string, text: string, hint: string | undefined): void {
    this.clear();
    this.terminal.error(`failed  ${name}: ${text}\n${hint ? `hint: ${hint}\n` : ""}`);
  }

  /** Tells what the model is. */
  model({ bytes, config, configJson, encoder, types }: OpenModel): void {
    const { hiddenSize, heads, keyValueHeads, layers, ropeScaling, ropeTheta, rmsNormEpsilon } =
      config;
    this.line(
      `model   ${configJson.model_type ?? "llama"} of ${
        formatCount(parameterCount(config))
      } parameters, ${formatBytes(bytes)} of ${
        types.join(", ")
      }: ${layers} layers, hidden ${hiddenSize}, heads ${heads}/${keyValueHeads}, rope ${ropeScaling.kind} ${ropeTheta}, epsilon ${rmsNormEpsilon}, context ${encoder.options.lengthMax}`,
    );
    const [first] = encoder.encode("a");
    const { bosToken } = encoder.options;
    const begins = bosToken !== undefined && first === bosToken;
    this.line(
      `tokens  ${encoder.tokenizer.vocabularySize} in the vocabulary; texts begin with ${
        begins ? JSON.stringify(encoder.tokenizer.token(first)) : "no special token"
      }`,
    );
  }

  /** Tells how it is asked. */
  chat(template: ChatTemplate): void {
    const { multiturn } = template.options;
    this.line(
      `chat    questions are turns of a chat, examples ${
        multiturn ? "too" : "in the same turn as their question"
      }`,
    );
    if (!template.takesSystem) {
      this.line(
        "note    the chat template takes no system turn: descriptions and --system-instruction are left out",
      );
    }
  }

  /** Tells what is asked. */
  tasks(tasks: readonly LoadedTask[], { limit, samples }: EvalOptions): void {
    const documents = tasks.reduce(
      (sum, { documents, task }) =>
        sum + scoredPlaces(task, documents.length, { limit, samples }).length,
      0,
    );
    const names = tasks.map(({ task }) => task.name);
    const shown = names.length > 8
      ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more`
      : names.join(", ");
    this.line(`tasks   ${shown}: ${documents} documents`);
  }

  /** Tells what will be computed, how, and about how long it takes. */
  plan(plan: ScoringPlan, { device, layout, seconds }: ScoringEstimate, layers: number): void {
    const known = plan.pairs - plan.missing;
    const held = layout.blocksAtOnce >= layers
      ? `the whole model${layout.frugal ? " as it lies in its files" : ""}`
      : `${layout.blocksAtOnce} of ${layers} blocks at a time`;
    const how = `${device}, ${held}, about ${formatBytes(layout.bytes)} of memory`;
    this.line(
      `plan    ${plan.missing} of ${plan.pairs} texts to score${
        known > 0 ? ` (the others are remembered)` : ""
      }: ${formatCount(plan.tokens)} tokens in ${plan.batches} batches, ${
        formatCount(plan.tokensApart)
      } if each text ran by itself; ${how}; about ${formatSeconds(seconds)}`,
    );
    this.done("scored", 0);
    if (plan.cut > 0) {
      this.line(`note    ${plan.cut} texts are longer than the context, and lose their beginning`);
    }
  }

  /** Tells that answers will be written, by the whole model. */
  writing(texts: number, blocksGiven: boolean): void {
    this.line(`plan    ${texts} answers to write`);
    if (blocksGiven) {
      this.line("note    --blocks counts for scoring: answers are written by the whole model");
    }
  }

  /** Tells how much of a part of the work is done, from 0 to 1. */
  done(what: string, share: number): void {
    if (!this.quiet) this.#bar.show(what, share, `${(100 * share).toFixed(0)} %`);
  }

  /** Tells how much has come. */
  downloaded(have: number, bytes: number): void {
    if (this.quiet) return;
    this.#bar.show(
      "fetched",
      bytes === 0 ? 1 : have / bytes,
      `${formatBytes(have)} of ${formatBytes(bytes)}`,
      have,
    );
  }

  /** Shows the line again, if it is time. */
  beat(): void {
    if (!this.quiet) this.#bar.beat();
  }

  /** Removes the line that is redrawn. */
  clear(): void {
    this.#bar.clear();
  }
}
