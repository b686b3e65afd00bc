import { type JinjaValue, numberOf } from "./python_value.ts";

/** Supported tests. Others are refused. */
export const TESTS: Readonly<Record<string, (value: JinjaValue) => boolean>> = {
  defined: ({ type }) => type !== "UndefinedValue",
  undefined: ({ type }) => type === "UndefinedValue",
  none: ({ type }) => type === "NullValue",
  string: ({ type }) => type === "StringValue",
  number: (value) => numberOf(value) !== undefined,
  integer: ({ type }) => type === "IntegerValue",
  float: ({ type }) => type === "FloatValue",
  boolean: ({ type }) => type === "BooleanValue",
  true: (value) => value.type === "BooleanValue" && value.value,
  false: (value) => value.type === "BooleanValue" && !value.value,
  mapping: ({ type }) => type === "ObjectValue",
  sequence: ({ type }) => {
    if (type === "ViewValue") throw new TypeError("the test is not supported for a range or view");
    return /^(String|Array|Tuple|Object|Undefined)Value$/.test(type);
  },
  iterable: ({ type }) => /^(String|Array|Tuple|Object|Undefined|Generator|View)Value$/.test(type),
  odd: (value) => Math.abs(wantNumber(value)) % 2 === 1,
  even: (value) => wantNumber(value) % 2 === 0,
};

function wantNumber(value: JinjaValue): number {
  const number = numberOf(value);
  if (number === undefined) throw new TypeError(`the test is not supported for a ${value.type}`);
  return number;
}
