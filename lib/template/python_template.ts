import { Renderer } from "./_renderer.ts";
import { type Node, parseTemplate } from "./_syntax_tree.ts";
import type { JinjaValue } from "./python_value.ts";

/** Options of a {@linkcode PythonTemplate}. */
export interface TemplateOptions {
  /**
   * `chat` renders as transformers does chat templates: white space around blocks is trimmed, undefined
   * values are empty. `task` renders as lm-evaluation-harness does those of task files: white space is kept,
   * undefined values are errors.
   */
  readonly kind: "chat" | "task";
}

/** Maximum length of a template, and of white space in it, characters. */
const LENGTH_MAX = 100_000;
const SPACE_MAX = 1000;
/** Tags, as far as they can be recognized without parsing. */
const TAGS = /\{%[^]*?%\}|\{\{[^]*?\}\}|\{#[^]*?#\}/g;

/**
 * A Jinja template that either renders as in Python's jinja2 or is refused: anything that might render
 * differently, such as an unsupported filter or method, is an error. Templates are untrusted programs, so
 * their computation is bounded.
 */
export class PythonTemplate {
  readonly #body: readonly Node[];

  /** @throws Error saying what is wrong with it. */
  constructor(source: string, readonly options: TemplateOptions) {
    if (source.length > LENGTH_MAX) {
      throw new RangeError(`it has ${source.length} characters, want at most ${LENGTH_MAX}`);
    }
    if (new RegExp(`\\s{${SPACE_MAX}}`).test(source)) {
      throw new RangeError(`it has more than ${SPACE_MAX} spaces in a row`);
    }
    const text = source.replace(/\r\n?/g, "\n");
    const isChat = options.kind === "chat";
    // The parser mistakes these for ends of tags, and trims the white space around them.
    if (isChat && /[#%-]\}\n|^[ \t]*\{-/m.test(text.replace(TAGS, ""))) {
      throw new SyntaxError("its text contains braces like those of tags");
    }
    this.#body = parseTemplate(text, isChat);
  }

  /**
   * Renders the template.
   *
   * @param names Its variables: plain values, and functions of plain values.
   * @param sizeMax Maximum length of a string, including the output.
   * @throws Error saying why it cannot be rendered.
   */
  render(names: Readonly<Record<string, unknown>>, sizeMax: number): string {
    return new Renderer(names, this.options.kind, sizeMax).text(this.#body);
  }

  /**
   * Evaluates a template that is a single expression; returns undefined for any other.
   *
   * @throws Error like {@linkcode render}.
   */
  value(names: Readonly<Record<string, unknown>>, sizeMax: number): JinjaValue | undefined {
    return new Renderer(names, this.options.kind, sizeMax).value(this.#body);
  }
}
