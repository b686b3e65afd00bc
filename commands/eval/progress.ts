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

/** Reports the progress of an evaluation on standard error. */
export class EvalProgress {
  readonly #bar: ProgressLine;

  /**
   * @param quiet Report only failures.
   * @param stopwatch Real time, seconds.
   */
  constructor(
    readonly terminal: Terminal,
    readonly quiet: boolean,
    readonly stopwatch: () => number,
  ) {
    this.#bar = new ProgressLine(terminal, stopwatch);
  }

  /** Prints a line. */
  line(text: string): void {
    this.clear();
    if (!this.quiet) this.terminal.error(text + "\n");
  }

  /** Reports why a task has no result, even in quiet mode. */
  failure(name: string, text: string, hint: string | undefined): void {
    this.clear();
    this.terminal.error(`failed  ${name}: ${text}\n${hint ? `hint: ${hint}\n` : ""}`);
  }

  /** Describes the model. */
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

  /** Describes how questions are formatted as a chat. */
  chat(template: ChatTemplate): void {
    const { multiturn } = template.options;
    this.line(
      `chat    questions are turns of a chat, examples ${
        multiturn ? "too" : "in the same turn as their question"
      }`,
    );
    if (!template.takesSystem) {
      this.line(
        "note    the chat template takes no system turn: descriptions and --system-instruction are omitted",
      );
    }
  }

  /** Lists the tasks and counts their documents. */
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

  /** Reports what will be computed, how, and the estimated duration. */
  plan(plan: ScoringPlan, { device, layout, seconds }: ScoringEstimate, layers: number): void {
    const known = plan.pairs - plan.missing;
    const held = layout.blocksAtOnce >= layers
      ? `the whole model${layout.frugal ? " as it lies in its files" : ""}`
      : `${layout.blocksAtOnce} of ${layers} blocks at a time`;
    const how = `${device}, ${held}, about ${formatBytes(layout.bytes)} of memory`;
    this.line(
      `plan    ${plan.missing} of ${plan.pairs} texts to score${
        known > 0 ? ` (the others are cached)` : ""
      }: ${formatCount(plan.tokens)} tokens in ${plan.batches} batches, ${
        formatCount(plan.tokensApart)
      } if each text ran separately; ${how}; about ${formatSeconds(seconds)}`,
    );
    this.done("scored", 0);
    if (plan.cut > 0) {
      this.line(`note    ${plan.cut} texts exceed the context and are truncated on the left`);
    }
  }

  /** Tells that answers will be written, by the whole model. */
  writing(texts: number, blocksGiven: boolean): void {
    this.line(`plan    ${texts} answers to write`);
    if (blocksGiven) {
      this.line("note    --blocks counts for scoring: answers are written by the whole model");
    }
  }

  /** Reports the fraction of a part of the work that is done, from 0 to 1. */
  done(what: string, share: number): void {
    if (!this.quiet) this.#bar.show(what, share, `${(100 * share).toFixed(0)} %`);
  }

  /** Reports the progress of a download. */
  downloaded(have: number, bytes: number): void {
    if (this.quiet) return;
    this.#bar.show(
      "fetched",
      bytes === 0 ? 1 : have / bytes,
      `${formatBytes(have)} of ${formatBytes(bytes)}`,
      have,
    );
  }

  /** Redraws the line if it is due. */
  beat(): void {
    if (!this.quiet) this.#bar.beat();
  }

  /** Removes the redrawn line. */
  clear(): void {
    this.#bar.clear();
  }
}
