import { capitalize, splitWords } from "../python/python_text.ts";
import { type Call, read, tuples, wantItems, wantText } from "./_call.ts";
import {
  type Arguments,
  entriesOf,
  itemsOf,
  type JinjaValue,
  numberOf,
  pythonEquals,
  ViewValue,
} from "./python_value.ts";
import { FILTERS } from "./_filters.ts";
import { bare, ofText, replace, withoutEnds } from "./_text_calls.ts";

const affix = (at: "startsWith" | "endsWith"): Call => (make, value, given) => {
  const [affixes] = read(given, "prefix");
  const text = wantText(value);
  const isTuple = affixes?.type === "TupleValue";
  const all = isTuple ? itemsOf(affixes)! : [affixes];
  return make.plain(all.some((each) => text[at](wantText(each))));
};

const split: Call = (make, value, given) => {
  const [gap, most] = read(given, "sep", "maxsplit");
  const text = wantText(value);
  const isGiven = gap !== undefined && gap.type !== "NullValue";
  const max = most === undefined ? -1 : numberOf(most);
  if (max === undefined || (isGiven && wantText(gap) === "") || (!isGiven && max >= 0)) {
    throw new TypeError("wants a non-empty separator");
  }
  const parts = isGiven
    ? text.split(wantText(gap))
    : splitWords(text).filter((part) => part !== "");
  make.spend(parts.length);
  const rest = max >= 0 && parts.length > max + 1
    ? [...parts.slice(0, max), parts.slice(max).join(wantText(gap))]
    : parts;
  return make.list(rest.map((part) => make.plain(part)));
};

/** Returns the index of a substring, in code points; -1 if absent. */
function foundIn(value: JinjaValue, given: Arguments): number {
  const [part] = read(given, "sub");
  const text = wantText(value);
  const at = text.indexOf(wantText(part));
  return at < 0 ? at : [...text.slice(0, at)].length;
}

/** Supported methods of strings, by name. Others are refused. */
const TEXT: Readonly<Record<string, Call>> = {
  strip: ofText(withoutEnds(true, true)),
  lstrip: ofText(withoutEnds(true, false)),
  rstrip: ofText(withoutEnds(false, true)),
  upper: bare((text) => text.toUpperCase()),
  lower: bare((text) => text.toLowerCase()),
  capitalize: bare(capitalize),
  removeprefix: ofText((text, affix) => {
    if (affix === undefined) throw new TypeError("wants a string");
    return text.startsWith(affix) ? text.slice(affix.length) : text;
  }),
  removesuffix: ofText((text, affix) => {
    if (affix === undefined) throw new TypeError("wants a string");
    return affix !== "" && text.endsWith(affix) ? text.slice(0, -affix.length) : text;
  }),
  startswith: affix("startsWith"),
  endswith: affix("endsWith"),
  replace,
  split,
  find: (make, value, given) => make.integer(foundIn(value, given)),
  index: (make, value, given) => {
    const at = foundIn(value, given);
    if (at < 0) throw new RangeError("does not find the substring");
    return make.integer(at);
  },
  count: (make, value, given) => {
    const [part] = read(given, "sub");
    if (wantText(part) === "") throw new TypeError("wants a non-empty string");
    return make.integer(wantText(value).split(wantText(part)).length - 1);
  },
  join: (make, value, { items, named }) => {
    if (items.length !== 1 || named.size > 0) throw new TypeError("takes exactly one list");
    const texts = wantItems(items[0], make);
    texts.forEach(wantText);
    return FILTERS.join(make, items[0], { items: [value], named });
  },
};

const DICTIONARY: Readonly<Record<string, Call>> = {
  get: (make, value, given) => {
    const [key, other] = read(given, "key", "default");
    return entriesOf(value)!.get(wantText(key)) ?? other ?? make.plain(null);
  },
  keys: (make, value, given) => {
    read(given);
    return new ViewValue(wantItems(value, make));
  },
  values: (make, value, given) => {
    read(given);
    return new ViewValue(tuples(make, value).map((pair) => itemsOf(pair)![1]));
  },
  items: (make, value, given) => {
    read(given);
    return new ViewValue(tuples(make, value));
  },
};

const LIST: Readonly<Record<string, Call>> = {
  count: (make, value, given) => {
    const [wanted] = read(given, "value");
    if (!wanted) throw new TypeError("wants a value");
    const same = (item: JinjaValue) => pythonEquals(item, wanted, make.spend);
    return make.integer(itemsOf(value)!.filter(same).length);
  },
  index: (make, value, given) => {
    const [wanted] = read(given, "value");
    if (!wanted) throw new TypeError("wants a value");
    const at = itemsOf(value)!.findIndex((item) => pythonEquals(item, wanted, make.spend));
    if (at < 0) throw new RangeError("does not find the item");
    return make.integer(at);
  },
};

/** Methods by type of value. */
export const METHODS: Readonly<Record<string, Readonly<Record<string, Call>>>> = {
  StringValue: TEXT,
  ObjectValue: DICTIONARY,
  ArrayValue: LIST,
  TupleValue: LIST,
};
