import { Renderer } from "./_renderer.ts";
import { type Node, parseTemplate } from "./_syntax_tree.ts";
import type { JinjaValue } from "./python_value.ts";

/** How a template is read and rendered. */
export interface TemplateOptions {
  /**
   * `chat` as transformers renders chat templates: white space around blocks goes, what is not there is empty.
   * `task` as lm-evaluation-harness renders those of task files: white space stays, and what is used must be
   * there.
   */
  readonly kind: "chat" | "task";
}

/** Longest template, characters, and its longest white space. */
const LENGTH_MAX = 100_000;
const SPACE_MAX = 1000;
/** Tags, as far as they can be told from text without reading them. */
const TAGS = /\{%[^]*?%\}|\{\{[^]*?\}\}|\{#[^]*?#\}/g;

/**
 * A Jinja template that is rendered as Python's jinja2 renders it, or refused: what it might render in another
 * way (a filter or a method that is not known here, say) is an error and not another text. Templates are
 * strangers' programs: what they compute is bounded.
 */
export class PythonTemplate {
  readonly #body: readonly Node[];

  /** @throws Error saying what is wrong with it. */
  constructor(source: string, readonly options: TemplateOptions) {
    if (source.length > LENGTH_MAX) {
      throw new RangeError(`it has ${source.length} characters, want at most ${LENGTH_MAX}`);
    }
    if (new RegExp(`\\s{${SPACE_MAX}}`).test(source)) {
      throw new RangeError(`it has more than ${SPACE_MAX} spaces in one place`);
    }
    const text = source.replace(/\r\n?/g, "\n");
    const isChat = options.kind === "chat";
    // The reader takes these for ends of tags where there is none, and trims what is around them.
    if (isChat && /[#%-]\}\n|^[ \t]*\{-/m.test(text.replace(TAGS, ""))) {
      throw new SyntaxError("its text has braces like those of tags");
    }
    this.#body = parseTemplate(text, isChat);
  }

  /**
   * Renders the template.
   *
   * @param names What it may use: plain values, and functions of plain values.
   * @param sizeMax Longest text that may come up.
   * @throws Error saying why it cannot be rendered.
   */
  render(names: Readonly<Record<string, unknown>>, sizeMax: number): string {
    return new Renderer(names, this.options.kind, sizeMax).text(this.#body);
  }

  /**
   * The value of a template that is one expression; undefined where it is more or less.
   *
   * @throws Error like {@linkcode render}.
   */
  value(names: Readonly<Record<string, unknown>>, sizeMax: number): JinjaValue | undefined {
    return new Renderer(names, this.options.kind, sizeMax).value(this.#body);
  }
}
