import { text } from "../document.ts";
import type { PageTask } from "../task.ts";

/** Wikipedia's good articles, by the word and by the byte. */
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

/** White space of Python's expressions. */
const S =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*";

/** Where the dataset set apart what belongs together, in the order in which it is undone. */
const JOINS: readonly (readonly [find: string | RegExp, put: string])[] = [
  ["s '", "s'"],
  [/\/' [0-9]\//g, "/'[0-9]/"],
  [" @-@ ", "-"],
  [" @,@ ", ","],
  [" @.@ ", "."],
  ...[":", ";", ".", "!", "?", ","].map((mark) => [` ${mark} `, `${mark} `] as const),
  ...[["(", ")"], ["[", "]"], ["{", "}"], ['"', '"'], ["'", "'"]].map((
    [open, close],
  ) =>
    [new RegExp(`\\${open}${S}([^\\${close}]*?)${S}\\${close}`, "g"), `${open}$1${close}`] as const
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
  return JOINS.reduce(
    (text, [find, put]) =>
      typeof find === "string" ? text.replaceAll(find, put) : text.replace(find, put),
    page,
  );
}
