import { formatTime } from "./format_time.ts";
import { PLAIN_PROMPT, type PromptFormat, type Turn } from "./prompt.ts";
import { PythonTemplate } from "./python_template.ts";
import { strip } from "../python/python_text.ts";

/** A chat template that cannot be read, or that refuses its input. */
export class ChatTemplateError extends Error {
  override readonly name = "ChatTemplateError";
}

/** Options of a {@linkcode ChatTemplate}. */
export interface ChatTemplateOptions {
  /** Texts of special tokens by their names in templates, such as `bos_token`. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Whether few-shot examples are separate turns; otherwise they are part of one user turn. */
  readonly multiturn: boolean;
  /** The current time for `strftime_now`, milliseconds since 1970. */
  readonly nowMs: number;
}

/** Longest text that a template may add to its input, characters. */
const OWN_TEXT_MAX = 1_000_000;
const PROBE: Turn = { role: "user", content: "a", gap: "" };

/**
 * Formats turns as a chat model was trained on them, with the Jinja template of that model, as transformers
 * and lm-evaluation-harness do. The template is given the turns, the special tokens and the date.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ChatTemplate } from "./chat_template.ts";
 *
 * const template = new ChatTemplate(
 *   "{% for turn in messages %}<{{ turn.role }}>{{ turn.content }}{% endfor %}<assistant>",
 *   { tokens: {}, multiturn: true, nowMs: 0 },
 * );
 * const text = template.write([{ role: "user", content: "2 + 2?", gap: "" }]);
 * assert.equal(text, "<user>2 + 2?<assistant>");
 * ```
 */
export class ChatTemplate implements PromptFormat {
  /** The template itself opens the answer. */
  readonly choiceGap = "";
  /** Whether it accepts a system turn; if not, the system turn is dropped. */
  readonly takesSystem: boolean;
  readonly #template: PythonTemplate;

  /** @throws ChatTemplateError when it is not a template, or refuses a single question. */
  constructor(readonly source: string, readonly options: ChatTemplateOptions) {
    try {
      this.#template = new PythonTemplate(source, { kind: "chat" });
    } catch (cause) {
      throw new ChatTemplateError(`Cannot read chat template: ${(cause as Error).message}`, {
        cause,
      });
    }
    this.#render([PROBE]);
    this.takesSystem = this.#render([{ ...PROBE, role: "system" }, PROBE]) !== undefined;
  }

  /**
   * Formats the turns, up to the start of the assistant's answer.
   *
   * @throws ChatTemplateError when the template refuses them, or omits the question.
   */
  write(turns: readonly Turn[]): string {
    const shown = this.options.multiturn ? turns : inOneTurn(turns);
    const text = this.#render(shown) ??
      this.#render(shown.filter(({ role }) => role !== "system"))!;
    const question = strip(turns.at(-1)?.content ?? "");
    if (text.includes(question)) return text;
    throw new ChatTemplateError(
      `Cannot apply the chat template: it omits or changes the question ${
        JSON.stringify(question.slice(0, 80))
      }`,
    );
  }

  /** Renders turns; returns undefined if the template refuses them and one is a system turn. */
  #render(turns: readonly Turn[]): string | undefined {
    const { nowMs, tokens } = this.options;
    let refused = false;
    try {
      const size = turns.reduce((sum, { content }) => sum + content.length, 0);
      return this.#template.render({
        ...tokens,
        raise_exception: (reason: unknown) => {
          refused = true;
          throw new Error(String(reason));
        },
        strftime_now: (format: unknown) => formatTime(String(format), new Date(nowMs)),
        messages: turns.map(({ content, role }) => ({ role, content })),
        tools: null,
        documents: null,
        add_generation_prompt: true,
      }, OWN_TEXT_MAX + 8 * size);
    } catch (cause) {
      if (refused && turns.some(({ role }) => role === "system")) return undefined;
      throw new ChatTemplateError(
        `Cannot apply the chat template to turns of ${turns.map(({ role }) => role).join(", ")}: ${
          (cause as Error).message
        }`,
        { cause },
      );
    }
  }
}

/** Keeps the system turn, and joins all others into one user turn. */
function inOneTurn(turns: readonly Turn[]): Turn[] {
  const system = turns.filter(({ role }) => role === "system");
  const others = turns.filter(({ role }) => role !== "system");
  return [...system, { role: "user", content: PLAIN_PROMPT.write(others), gap: "" }];
}
