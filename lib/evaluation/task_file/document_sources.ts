import { type Document, DocumentError } from "../documents/document.ts";
import { PythonTemplate } from "../../template/python_template.ts";
import { itemsOf, pythonText } from "../../template/python_value.ts";
import { mayBeLiteral, pythonLiteral } from "../../python/python_literal.ts";
import { pythonInteger } from "../../python/python_object.ts";
import { pythonString } from "../../python/python_string.ts";
import { TaskFileError } from "./task_file_error.ts";

/** Maximum length of a template's output, in characters. */
const TEXT_MAX = 100_000_000;

/** Derives a value from a document. */
export type Source<Value> = (document: Document) => Value;

/** A correct answer before it is resolved: an index, a text, several of them, or null. */
export type Gold = number | bigint | string | boolean | null | readonly unknown[];

/** Returns a source of texts, from a column or a template. */
export function textSource(path: string, key: string, text: string): Source<string> {
  const value = valueSource(path, key, text);
  return (document) => {
    const found = value(document);
    if (typeof found === "string") return found;
    throw new DocumentError(
      `${key} gives ${pythonString(found).slice(0, 80)}, want a text; use a template to make one`,
    );
  };
}

/** Returns a source of a column's unchanged values, or of a template's texts. */
export function valueSource(path: string, key: string, text: string): Source<unknown> {
  const template = compile(path, key, text);
  return (document) =>
    Object.hasOwn(document, text)
      ? document[text]
      : rendered(key, () => template.render(document, TEXT_MAX));
}

/**
 * Returns a source of correct answers as the harness reads them: a column's value is unchanged; for a
 * template, digits are an index if there are choices, and text that looks like a list is parsed as one.
 */
export function goldSource(
  path: string,
  key: string,
  target: string | number | readonly unknown[],
  hasChoices: boolean,
): Source<Gold> {
  if (typeof target !== "string") return () => target;
  const value = valueSource(path, key, target);
  return (document) => {
    const found = value(document);
    if (Object.hasOwn(document, target) || typeof found !== "string") return found as Gold;
    if (hasChoices && /^\d+$/.test(found)) {
      if (/^0\d/.test(found)) {
        throw new DocumentError(`${key} gives ${found}, want no leading zero`);
      }
      return pythonInteger(BigInt(found));
    }
    const list = /^\[[^]*\]$/.test(found) ? pythonLiteral(found) : undefined;
    if (list === undefined && /^\[[^]*\]$/.test(found) && mayBeLiteral(found)) {
      throw new DocumentError(
        `${key} gives ${found.slice(0, 80)}, want a list of texts, numbers, True, False or None`,
      );
    }
    return Array.isArray(list) ? list : found;
  };
}

/**
 * Returns a source of choices: literal ones of the task file, a column, or a template that yields a
 * list.
 */
export function choicesSource(
  path: string,
  key: string,
  choices: string | readonly unknown[] | Readonly<Record<string, unknown>>,
): Source<string[]> {
  const check = (list: unknown): string[] => {
    const fits = Array.isArray(list) && list.length > 0 &&
      list.every((each) => typeof each === "string" && each !== "");
    if (fits) return list as string[];
    throw new DocumentError(`${key} gives ${shown(list)}, want a list of texts`);
  };
  if (typeof choices !== "string") {
    const list = Array.isArray(choices) ? choices : Object.values(choices);
    return () => check(list);
  }
  const template = compile(path, key, choices);
  return (document) => {
    if (Object.hasOwn(document, choices)) return check(document[choices]);
    const value = rendered(key, () => template.value(document, TEXT_MAX));
    const items = value && itemsOf(value)?.map((item) => pythonText(item, () => {}));
    return check(
      items ?? pythonLiteral(rendered(key, () => template.render(document, TEXT_MAX))),
    );
  };
}

/** Describes a value for errors: its type, without its full content. */
function shown(value: unknown): string {
  return Array.isArray(value) ? `a list of ${value.length}` : typeof value;
}

function compile(path: string, key: string, text: string): PythonTemplate {
  try {
    return new PythonTemplate(text, { kind: "task" });
  } catch (cause) {
    throw new TaskFileError(
      `Cannot read task ${path}: ${key} is not a template: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function rendered<Made>(key: string, body: () => Made): Made {
  try {
    return body();
  } catch (cause) {
    throw new DocumentError(`${key} cannot be rendered: ${(cause as Error).message}`, { cause });
  }
}
