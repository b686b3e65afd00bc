import { text } from "../documents/document.ts";
import { strip } from "../../python/python_text.ts";
import type { PageTask } from "../task.ts";

/** Perplexity per word and per byte of Wikipedia's good articles. */
export const wikitext: PageTask = {
  kind: "page",
  name: "wikitext",
  version: 2,
  data: {
    repository: "EleutherAI/wikitext_document_level",
    configuration: "wikitext-2-raw-v1",
    split: "test",
    exampleSplit: "train",
  },
  ask(document) {
    const original = text(document, "page");
    return { original, page: untokenize(original) };
  },
};

type Tighten = (text: string) => string;

/** Replacements that undo the dataset's tokenization, in order of application. */
const JOINS: readonly (readonly [find: string | RegExp, put: string] | Tighten)[] = [
  ["s '", "s'"],
  [/\/' [0-9]\//g, "/'[0-9]/"],
  [" @-@ ", "-"],
  [" @,@ ", ","],
  [" @.@ ", "."],
  ...[":", ";", ".", "!", "?", ","].map((mark) => [` ${mark} `, `${mark} `] as const),
  ...[["(", ")"], ["[", "]"], ["{", "}"], ['"', '"'], ["'", "'"]].map(
    ([open, close]) => (text: string) => tighten(text, open, close),
  ),
  ["= = = =", "===="],
  ["= = =", "==="],
  ["= =", "=="],
  [` ${String.fromCharCode(176)} `, String.fromCharCode(176)],
  [" \n", "\n"],
  ["\n ", "\n"],
  [" N ", " 1 "],
  [" 's", "'s"],
];

function untokenize(page: string): string {
  return JOINS.reduce<string>(
    (text, join) => typeof join === "function" ? join(text) : text.replaceAll(...join),
    page,
  );
}

/** Strips spaces from both ends of the text between two delimiters. */
function tighten(text: string, open: string, close: string): string {
  let out = "";
  let end = 0;
  for (;;) {
    const start = text.indexOf(open, end);
    const stop = start < 0 ? -1 : text.indexOf(close, start + 1);
    if (stop < 0) return out + text.slice(end);
    out += text.slice(end, start) + open + strip(text.slice(start + 1, stop)) + close;
    end = stop + 1;
  }
}
