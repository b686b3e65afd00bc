import { PythonFloat, PythonObject } from "../python/python_object.ts";
import type { Budget } from "./_budget.ts";
import { Scope } from "./_scope.ts";
import {
  type Arguments,
  itemsOf,
  type JinjaValue,
  OpaqueValue,
  textOf,
  ViewValue,
} from "./python_value.ts";

/** Upper bound of numbers in all ranges of one rendering. */
const COUNT_MAX = 100_000;
const CONSTANTS = { true: true, True: true, false: false, False: false, none: null, None: null };

/** Builds the outermost scope: constants, `range`, `namespace` and the names given to a template. */
export function globalScope(names: Readonly<Record<string, unknown>>, make: Budget): Scope {
  const scope = new Scope();
  scope.set("range", { type: "FunctionValue", value: boundedRange(make) });
  scope.set("namespace", { type: "FunctionValue", value: (given) => namespace(given, make) });
  for (const [name, value] of Object.entries({ ...names, ...CONSTANTS })) {
    scope.set(name, given(value, make));
  }
  return scope;
}

/** Converts a value of a document, or a function of plain values. */
function given(value: unknown, make: Budget): JinjaValue {
  if (value instanceof PythonFloat) return make.float(value.value);
  if (value instanceof PythonObject) return new OpaqueValue(value);
  switch (typeof value) {
    case "bigint":
      return new OpaqueValue(new PythonObject(String(value), String(value), value !== 0n));
    case "number":
      return Number.isInteger(value) ? { type: "IntegerValue", value } : make.float(value);
    case "string":
    case "boolean":
    case "undefined":
      return make.plain(value);
    case "function":
      return {
        type: "FunctionValue",
        value: ({ items, named }) => {
          if (named.size > 0) throw new TypeError("it takes no keyword arguments");
          return given(value(...items.map((item) => item.value)) ?? null, make);
        },
      };
    default:
      break;
  }
  if (value === null) return make.plain(null);
  if (Array.isArray(value)) {
    return { type: "ArrayValue", value: value.map((each) => given(each, make)) };
  }
  const entries = Object.entries(value as object)
    .map(([key, each]): [string, JinjaValue] => [key, given(each, make)]);
  return { type: "ObjectValue", value: new Map(entries) };
}

/** Builds Python's `range`, bounded to {@linkcode COUNT_MAX} numbers over all calls. */
function boundedRange(make: Budget): (given: Arguments) => JinjaValue {
  let left = COUNT_MAX;
  return ({ items, named }) => {
    const values = items.map(({ type, value }) => type === "IntegerValue" ? value as number : NaN);
    const [first, second, step = 1] = values;
    const [start, end] = values.length < 2 ? [0, first] : [first, second];
    const count = Math.max(Math.ceil((end - start) / step), 0);
    left -= count;
    const isKnown = named.size === 0 && values.length >= 1 && values.length <= 3;
    if (!isKnown || !values.every(Number.isInteger) || !(left >= 0)) {
      throw new RangeError(`range(${values}) is invalid or too long`);
    }
    make.spend(count);
    return new ViewValue(Array.from({ length: count }, (_, i) => make.integer(start + i * step)));
  };
}

/** `namespace(...)`: an object that a template may assign to from inside a loop. */
function namespace({ items, named }: Arguments, make: Budget): JinjaValue {
  const [source, ...more] = items;
  if (more.length > 0) throw new TypeError(`namespace has ${items.length} arguments, want one`);
  const entries = new Map<string, JinjaValue>();
  if (source?.type === "ObjectValue") source.value.forEach((value, key) => entries.set(key, value));
  else if (source !== undefined) {
    for (const pair of itemsOf(source) ?? []) {
      const [key, value, ...rest] = itemsOf(pair) ?? [];
      const name = key && textOf(key);
      if (name === undefined || value === undefined || rest.length > 0) {
        throw new TypeError("namespace wants a dictionary, or pairs of a string and a value");
      }
      entries.set(name, value);
    }
    if (!itemsOf(source)) throw new TypeError(`namespace of a ${source.type} is not supported`);
  }
  named.forEach((value, key) => entries.set(key, value));
  make.spend(entries.size);
  return { type: "NamespaceValue", value: entries };
}
