import { type JinjaValue, numberOf } from "./python_value.ts";

/** Tests. What is not here is refused. */
export const TESTS: Readonly<Record<string, (value: JinjaValue) => boolean>> = {
  defined: ({ type }) => type !== "UndefinedValue",
  undefined: ({ type }) => type === "UndefinedValue",
  none: ({ type }) => type === "NullValue",
  string: ({ type }) => type === "StringValue",
  number: (value) => numberOf(value) !== undefined,
  integer: ({ type }) => type === "IntegerValue",
  float: ({ type }) => type === "FloatValue",
  boolean: ({ type }) => type === "BooleanValue",
  true: ({ type, value }) => type === "BooleanValue" && value === true,
  false: ({ type, value }) => type === "BooleanValue" && value === false,
  mapping: ({ type }) => type === "ObjectValue",
  sequence: ({ type }) => {
    if (type === "ViewValue") throw new TypeError("of a range or a view it is not known here");
    return /^(String|Array|Tuple|Object|Undefined)Value$/.test(type);
  },
  iterable: ({ type }) => /^(String|Array|Tuple|Object|Undefined|Generator|View)Value$/.test(type),
  odd: ({ type, value }) => type === "IntegerValue" && Math.abs(value as number) % 2 === 1,
  even: ({ type, value }) => type === "IntegerValue" && (value as number) % 2 === 0,
};
