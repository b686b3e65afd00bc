import { formatTime } from "./format_time.ts";
import { PLAIN_PROMPT, type PromptFormat, type Turn } from "./prompt.ts";
import { PythonTemplate } from "./python_template.ts";
import { strip } from "../python/python_text.ts";

/** A chat template that cannot be read, or that refuses what it is given. */
export class ChatTemplateError extends Error {
  override readonly name = "ChatTemplateError";
}

/** How a chat template is used. */
export interface ChatTemplateOptions {
  /** Texts of special tokens by the names that templates know them by, such as `bos_token`. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Whether examples are turns of their own; otherwise the user says them all at once. */
  readonly multiturn: boolean;
  /** The time that a template may ask for, milliseconds since 1970. */
  readonly nowMs: number;
}

/** What a template may write besides what it is given, characters. */
const OWN_TEXT_MAX = 1_000_000;
const PROBE: Turn = { role: "user", content: "a", gap: "" };

/**
 * Writes turns as a chat model was trained to see them, by the Jinja template that came with it, as
 * transformers and lm-evaluation-harness do. The template sees the turns, the special tokens and the date.
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
  /** Whether it takes a system turn. One that refuses it is given the others alone. */
  readonly takesSystem: boolean;
  readonly #template: PythonTemplate;

  /** @throws ChatTemplateError when it is no template, or refuses a single question. */
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
   * The turns, and the beginning of the assistant's answer.
   *
   * @throws ChatTemplateError when the template refuses them, or leaves the question out.
   */
  write(turns: readonly Turn[]): string {
    const shown = this.options.multiturn ? turns : inOneTurn(turns);
    const text = this.#render(shown) ??
      this.#render(shown.filter(({ role }) => role !== "system"))!;
    const question = strip(turns.at(-1)?.content ?? "");
    if (text.includes(question)) return text;
    throw new ChatTemplateError(
      `Cannot write by the chat template: it leaves out or changes the question ${
        JSON.stringify(question.slice(0, 80))
      }`,
    );
  }

  /** Undefined where the template refuses turns that have one of the system. */
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
        `Cannot write turns of ${turns.map(({ role }) => role).join(", ")} by the chat template: ${
          (cause as Error).message
        }`,
        { cause },
      );
    }
  }
}

/** The system's turn, and all others as one of the user. */
function inOneTurn(turns: readonly Turn[]): Turn[] {
  const system = turns.filter(({ role }) => role === "system");
  const others = turns.filter(({ role }) => role !== "system");
  return [...system, { role: "user", content: PLAIN_PROMPT.write(others), gap: "" }];
}
