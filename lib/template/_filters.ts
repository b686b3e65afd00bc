import { capitalize, strip } from "../python/python_text.ts";
import { type Call, type Maker, read, tuples, wantItems, wantText } from "./_call.ts";
import { TESTS } from "./_tests.ts";
import { bare, ofText, replace, withoutEnds } from "./_text_calls.ts";
import {
  entriesOf,
  GeneratorValue,
  type JinjaValue,
  MarkupValue,
  numberOf,
  pythonEquals,
  pythonJson,
  pythonText,
  pythonTruth,
  textOf,
} from "./python_value.ts";

function attributeOf(value: JinjaValue, name: JinjaValue, make: Maker): JinjaValue {
  const key = wantText(name);
  if (!/^[A-Za-z_]\w*$/.test(key)) throw new TypeError(`has no simple attribute: ${key}`);
  return entriesOf(value)?.get(key) ?? make.plain(undefined);
}

/** Like {@linkcode attributeOf}, but in a task the attribute must exist. */
function attributeThere(value: JinjaValue, name: JinjaValue, make: Maker): JinjaValue {
  const found = attributeOf(value, name, make);
  if (found.type !== "UndefinedValue" || !make.isTask) return found;
  throw new ReferenceError(`has an item without ${wantText(name)}`);
}

/** The `join` filter, optionally of an attribute of the items. */
const join: Call = (make, value, given) => {
  const [gap, attribute] = read(given, "d", "attribute");
  const texts = wantItems(value, make)
    .map((item) =>
      pythonText(attribute ? attributeThere(item, attribute, make) : item, make.spend)
    );
  const between = gap ? wantText(gap) : "";
  make.room(texts.reduce((sum, { length }) => sum + length + between.length, 0));
  return make.plain(texts.join(between));
};

/** Selects the items whose attribute passes a test, or fails it if `wanted` is false. */
function byAttribute(wanted: boolean): Call {
  return (make, value, given) => {
    const [name, test, other] = read(given, "attribute", "test", "value");
    if (!name) throw new TypeError("wants an attribute");
    const passes = (item: JinjaValue) => {
      const asks = test && /^(un)?defined$/.test(wantText(test));
      const found = (asks ? attributeOf : attributeThere)(item, name, make);
      if (!test) return pythonTruth(found);
      const kind = wantText(test);
      const isSame = () => other !== undefined && pythonEquals(found, other, make.spend);
      if (["eq", "equalto", "=="].includes(kind)) return isSame();
      if (["ne", "!="].includes(kind)) return !isSame();
      if (other || !Object.hasOwn(TESTS, kind)) throw new TypeError(`has no test ${kind}`);
      return TESTS[kind](found);
    };
    return new GeneratorValue(wantItems(value, make).filter((item) => passes(item) === wanted));
  };
}

const INTEGER = /^[-+]?\d+$/;
const DECIMAL = /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i;

function numberIn(value: JinjaValue): number | undefined {
  const text = textOf(value);
  // Python also parses these, which are not supported.
  if (text !== undefined && /_|[^\0-\x7f]|^\s*[-+]?(inf|nan)/i.test(text)) {
    throw new TypeError(`does not support numbers like ${text.slice(0, 40)}`);
  }
  if (value.type === "UndefinedValue") throw new TypeError("wants a number, not undefined");
  if (text === undefined) return numberOf(value);
  return DECIMAL.test(strip(text)) ? Number(strip(text)) : undefined;
}

const orDefault: Call = (make, value, given) => {
  const [other, boolean] = read(given, "default_value", "boolean");
  const isThere = value.type !== "UndefinedValue" &&
    (!boolean || !pythonTruth(boolean) || pythonTruth(value));
  return isThere ? value : other ?? make.plain("");
};

const length: Call = (make, value, given) => {
  read(given);
  const text = textOf(value);
  if (text !== undefined) return make.integer([...text].length);
  if (value instanceof GeneratorValue) throw new TypeError("does not take a generator");
  return make.integer(wantItems(value, make).length);
};

/** Title case as in jinja2's filter, which splits at spaces, hyphens and brackets. */
function title(text: string): string {
  if (/[^\t-\r -~]/.test(text)) throw new TypeError("wants ASCII characters");
  return text.split(/([-\s({[<]+)/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase()).join("");
}

/** Supported filters. Others are refused, so that no result differs from Python's. */
export const FILTERS: Readonly<Record<string, Call>> = {
  trim: ofText(withoutEnds(true, true)),
  upper: bare((text) => text.toUpperCase()),
  lower: bare((text) => text.toLowerCase()),
  capitalize: bare(capitalize),
  title: bare(title),
  safe: (_, value, given) => {
    read(given);
    return new MarkupValue(wantText(value));
  },
  replace,
  join,
  length,
  count: length,
  default: orDefault,
  d: orDefault,
  string: (make, value, given) => {
    read(given);
    if (value instanceof MarkupValue) return value;
    return make.plain(pythonText(value, make.spend));
  },
  list: (make, value, given) => {
    read(given);
    return make.list(wantItems(value, make));
  },
  first: (make, value, given) => {
    read(given);
    return wantItems(value, make)[0] ?? make.plain(undefined);
  },
  last: (make, value, given) => {
    read(given);
    if (value instanceof GeneratorValue) throw new TypeError("does not take a generator");
    return wantItems(value, make).at(-1) ?? make.plain(undefined);
  },
  int: (make, value, given) => {
    const [other] = read(given, "default");
    const text = textOf(value);
    const number = numberIn(value);
    if (text !== undefined && INTEGER.test(strip(text))) return make.integer(number!);
    return number === undefined ? other ?? make.integer(0) : make.integer(Math.trunc(number));
  },
  float: (make, value, given) => {
    const [other] = read(given, "default");
    const number = numberIn(value);
    return number === undefined ? other ?? make.float(0) : make.float(number);
  },
  abs: (make, value, given) => {
    read(given);
    const number = numberOf(value);
    if (number === undefined) throw new TypeError(`wants a number, not ${value.type}`);
    const size = Math.abs(number);
    return value.type === "FloatValue" ? make.float(size) : make.integer(size);
  },
  items: (make, value, given) => {
    read(given);
    return new GeneratorValue(tuples(make, value));
  },
  map: (make, value, { items, named }) => {
    const all = wantItems(value, make);
    const attribute = named.get("attribute");
    if (attribute && items.length === 0 && named.size === 1) {
      return new GeneratorValue(all.map((item) => attributeThere(item, attribute, make)));
    }
    const name = items[0] && textOf(items[0]);
    const isFilter = name !== undefined && Object.hasOwn(FILTERS, name) && name !== "map";
    if (!isFilter) throw new TypeError(`maps by an unsupported filter: ${name}`);
    const given = { items: items.slice(1), named };
    return new GeneratorValue(all.map((item) => FILTERS[name](make, item, given)));
  },
  selectattr: byAttribute(true),
  rejectattr: byAttribute(false),
  tojson: (make, value, given) => {
    if (given.items.length > 0) throw new TypeError("takes no positional arguments");
    const [indent] = read(given, "indent");
    const isNone = indent === undefined || indent.type === "NullValue";
    const level = indent?.type === "IntegerValue" ? indent.value : undefined;
    if (!isNone && !(level !== undefined && level >= 0 && level <= 16)) {
      throw new TypeError("takes an indent of 0 to 16");
    }
    const json = pythonJson(value, { plain: make.isTask, indent: level }, make.spend);
    return make.isTask ? new MarkupValue(json) : make.plain(json);
  },
};
