import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import { formatTime } from "./format_time.ts";
import { PLAIN_PROMPT, type PromptFormat, type Turn } from "./prompt.ts";

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

/** Longest template, characters. */
const LENGTH_MAX = 1_000_000;
/** Numbers that one rendering may count to, all its loops together. */
const COUNT_MAX = 1_000_000;
const VALUES = { true: true, True: true, false: false, False: false, none: null, None: null };

/**
 * Writes turns as a chat model was trained to see them, by the Jinja template that came with it, as
 * transformers and lm-evaluation-harness do. A template is a stranger's program: it sees the turns, the
 * special tokens and the date, and what it counts through is bounded.
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
  readonly answerGap = "";
  readonly #program: ReturnType<typeof parse>;

  /** @throws ChatTemplateError when it is no template, or refuses a single question. */
  constructor(readonly source: string, readonly options: ChatTemplateOptions) {
    if (source.length > LENGTH_MAX) {
      throw new ChatTemplateError(
        `Cannot read chat template: it has ${source.length} characters, want at most ${LENGTH_MAX}`,
      );
    }
    try {
      this.#program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
    } catch (cause) {
      throw new ChatTemplateError(`Cannot read chat template: ${(cause as Error).message}`, {
        cause,
      });
    }
    this.#render([{ role: "user", content: "a", gap: "" }]);
  }

  /** Whether it takes a system turn. What refuses one is given the others alone. */
  get takesSystem(): boolean {
    try {
      const turns = (["system", "user"] as const).map((role) => ({ role, content: "a", gap: "" }));
      return this.#render(turns) !== "";
    } catch {
      return false;
    }
  }

  /**
   * The turns, and the beginning of the assistant's answer.
   *
   * @throws ChatTemplateError when the template refuses them.
   */
  write(turns: readonly Turn[]): string {
    const shown = this.options.multiturn ? turns : inOneTurn(turns);
    try {
      return this.#render(shown);
    } catch (cause) {
      const others = shown.filter(({ role }) => role !== "system");
      if (others.length === shown.length) throw cause;
      return this.#render(others);
    }
  }

  #render(turns: readonly Turn[]): string {
    const { nowMs, tokens } = this.options;
    const environment = new Environment();
    const items = {
      ...VALUES,
      ...tokens,
      range: boundedRange(),
      raise_exception: (reason: unknown) => {
        throw new Error(String(reason));
      },
      strftime_now: (format: unknown) => formatTime(String(format), new Date(nowMs)),
      messages: turns.map(({ content, role }) => ({ role, content })),
      tools: null,
      documents: null,
      add_generation_prompt: true,
    };
    try {
      for (const [name, value] of Object.entries(items)) environment.set(name, value);
      return String(new Interpreter(environment).run(this.#program).value);
    } catch (cause) {
      throw new ChatTemplateError(
        `Cannot write ${turns.map(({ role }) => role).join(", ")} by the chat template: ${
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

/** Python's `range`, which gives only so many numbers. */
function boundedRange(): (...args: unknown[]) => number[] {
  let left = COUNT_MAX;
  return (...args) => {
    const numbers = args.filter((arg) => typeof arg === "number");
    const [start, end, step] = numbers.length > 1 ? numbers : [0, numbers[0]];
    const stride = step ?? 1;
    const count = Math.max(Math.ceil((end - start) / stride), 0);
    left -= count;
    if (!(left >= 0)) throw new Error(`range(${numbers}) counts too far`);
    return Array.from({ length: count }, (_, i) => start + i * stride);
  };
}
