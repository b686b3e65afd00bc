import { pythonRegex } from "../../python/python_regex.ts";
import { strip } from "../../python/python_text.ts";
import type { FilterConfig } from "./config_schema.ts";
import { TaskFileError } from "./task_file_error.ts";

/**
 * One step of a filter pipeline. It transforms the answers to a question: texts, and in the end
 * usually one.
 */
export type AnswerStep = (answers: readonly unknown[] | unknown, choices: unknown) => unknown;

/** A pipeline of filters that extracts an answer. */
export interface AnswerPipeline {
  /** Name in result files. */
  readonly name: string;
  /** Steps, each applied to the output of the previous one. */
  readonly steps: readonly AnswerStep[];
}

type Arguments = Readonly<Record<string, unknown>>;

const takeFirst: AnswerStep = (answers) => list(answers)[0];

/** Default pipeline of a file without filters. */
export const TAKE_FIRST: readonly AnswerPipeline[] = [{ name: "none", steps: [takeFirst] }];

/** Returns a list; a text becomes the list of its characters, as in Python. */
function list(answers: unknown): readonly unknown[] {
  return typeof answers === "string" ? [...answers] : answers as readonly unknown[];
}

const each = (change: (answer: unknown, choices: unknown) => unknown): AnswerStep =>
(
  answers,
  choices,
) => list(answers).map((answer) => change(answer, choices));
const eachText = (change: (text: string) => string) =>
  each((answer) => change(typeof answer === "string" ? answer : ""));

/** Filters by name in task files. */
const FILTERS: Readonly<Record<string, (given: Arguments) => AnswerStep>> = {
  take_first: () => takeFirst,
  take_first_k: ({ k }) => (answers) => list(answers).slice(0, Number(k)),
  lowercase: () => eachText((text) => text.toLowerCase()),
  uppercase: () => eachText((text) => text.toUpperCase()),
  remove_whitespace: () => eachText(strip),
  majority_vote: () => (answers) => {
    const counts = new Map<unknown, number>();
    for (const answer of list(answers)) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const most = Math.max(...counts.values());
    return [[...counts].find(([, count]) => count === most)![0]];
  },
  map: ({ default_value: initial = null, mapping_dict: table = {} }) => {
    const entries = table as Readonly<Record<string, unknown>>;
    return each((answer) =>
      typeof answer === "string" && Object.hasOwn(entries, answer) ? entries[answer] : initial
    );
  },
  regex: (given) => {
    const find = finder(given, "#### (\\-?[0-9\\.\\,]+)");
    const fallback = String(given.fallback ?? "[invalid]");
    return each((answer) => find(answer) ?? fallback);
  },
  multi_choice_regex: multiChoice,
};

/**
 * Builds the answer pipelines of a task file.
 *
 * @throws TaskFileError naming an unsupported filter.
 */
export function answerPipelines(
  path: string,
  filters: readonly FilterConfig[] | null | undefined,
): readonly AnswerPipeline[] {
  if (!filters) return TAKE_FIRST;
  const all = filters.map(({ filter, name }) => ({
    name,
    steps: filter.map(({ function: wanted, ...given }) => {
      if (!Object.hasOwn(FILTERS, wanted)) {
        throw new TaskFileError(
          `Cannot read task ${path}: filter ${name} has the function ${wanted}, want one of ${
            Object.keys(FILTERS).join(", ")
          }`,
        );
      }
      try {
        return FILTERS[wanted](given);
      } catch (cause) {
        const { message } = cause as Error;
        throw new TaskFileError(`Cannot read task ${path}: filter ${name}: ${message}`, { cause });
      }
    }),
  }));
  return [...new Map(all.map((pipeline) => [pipeline.name, pipeline])).values()];
}

/**
 * Returns a function that picks one match of `re.findall` in a text; undefined if there is none.
 */
function finder(
  { group_select: place = 0, regex_pattern: pattern }: Arguments,
  initial: string,
): (answer: unknown) => string | undefined {
  const expression = pythonRegex(String(pattern ?? initial));
  return (answer) => {
    const found = [...(typeof answer === "string" ? answer : "").matchAll(expression)];
    if (found.length === 0) return undefined;
    const match = found.at(Number(place));
    if (!match) {
      throw new RangeError(`group_select is ${place}, but there are ${found.length} matches`);
    }
    if (match.length <= 2) return strip(match[1] ?? match[0]);
    const groups = match.slice(1).map((group) => group ?? "");
    const first = groups.find((group) => group !== "");
    return first === undefined ? undefined : strip(first);
  };
}

/**
 * Finds the letter of the choice that an answer names: by the pattern, by the choice's text, or after a
 * colon.
 */
function multiChoice(given: Arguments): AnswerStep {
  const find = finder(given, "#### (\\-?[0-9\\.\\,]+)");
  const fallback = String(given.fallback ?? "[invalid]");
  const ignored = [given.regexes_to_ignore ?? []].flat().map((each) => pythonRegex(String(each)));
  const bare = (text: string) => {
    const rest = ignored.reduce((so, part) => so.replace(part, ""), text);
    const cased = given.ignore_case ? rest.toLowerCase() : rest;
    return given.ignore_punctuation ? cased.replace(/\p{P}/gu, "") : cased;
  };
  return each((answer, choices) => {
    if (!Array.isArray(choices) || choices.length === 0) {
      throw new RangeError("multi_choice_regex needs a column choices with a list");
    }
    const text = typeof answer === "string" ? answer : "";
    const byExpression = find(text);
    if (byExpression) return byExpression;
    const letters = new Map<string, string>();
    choices.forEach((choice, i) =>
      letters.set(bare(strip(String(choice))), `(${String.fromCharCode(65 + i)})`)
    );
    const names = [...letters.keys()].sort((a, b) => b.length - a.length).map(RegExp.escape);
    const place = Number(given.group_select ?? 0);
    const named = [...bare(text).matchAll(new RegExp(names.join("|"), "gu"))].at(place);
    const byText = named && letters.get(strip(named[0]));
    if (byText) return byText;
    const last = String.fromCharCode(64 + choices.length);
    const behind = [...text.matchAll(new RegExp(`:[\\s]*([A-${last}])`, "gu"))].at(place);
    return behind ? `(${behind[1]})` : fallback;
  });
}
