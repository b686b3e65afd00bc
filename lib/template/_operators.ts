import type { Maker } from "./_call.ts";
import {
  entriesOf,
  itemsOf,
  type JinjaValue,
  numberOf,
  pythonEquals,
  pythonText,
  textOf,
  ViewValue,
} from "./python_value.ts";

type Operator = (make: Maker, left: JinjaValue, right: JinjaValue) => JinjaValue;

/** Arithmetic on numbers; integers give an integer, unless it divides. */
function arithmetic(body: (a: number, b: number) => number, divides = false): Operator {
  return (make, left, right) => {
    const [a, b] = [numberOf(left), numberOf(right)];
    if (a === undefined || b === undefined) throw unknown(left, right);
    const result = body(a, b);
    if (!Number.isFinite(result)) throw new RangeError("the result is not finite");
    const isFloat = divides || left.type === "FloatValue" || right.type === "FloatValue";
    return isFloat ? make.float(result) : make.integer(result);
  };
}

/** Order of numbers, or of strings by code points. */
function ordering(body: (order: number) => boolean): Operator {
  return (make, left, right) => {
    const [a, b] = [numberOf(left), numberOf(right)];
    if (a !== undefined && b !== undefined) return make.plain(body(a - b));
    const [x, y] = [textOf(left), textOf(right)];
    if (x === undefined || y === undefined) throw unknown(left, right);
    make.spend(x.length + y.length);
    const [letters, others] = [[...x], [...y]].map((all) =>
      all.map((each) => each.codePointAt(0)!)
    );
    const at = letters.findIndex((letter, i) => letter !== others[i]);
    return make.plain(
      body(at < 0 ? letters.length - others.length : letters[at] - (others[at] ?? -1)),
    );
  };
}

const unknown = (left: JinjaValue, right: JinjaValue) =>
  new TypeError(`not supported between ${left.type} and ${right.type}`);

/** Returns the remainder of a division, with the sign of the divisor. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && (rest < 0) !== (b < 0) ? rest + b : rest + 0;
}

const sum = arithmetic((a, b) => a + b);
const product = arithmetic((a, b) => a * b);

const add: Operator = (make, left, right) => {
  const [a, b] = [textOf(left), textOf(right)];
  if (a !== undefined && b !== undefined) {
    make.room(a.length + b.length);
    return make.plain(a + b);
  }
  const [list, others] = [itemsOf(left), itemsOf(right)];
  if (!list || !others || left.type !== right.type) return sum(make, left, right);
  make.spend(list.length + others.length);
  return left.type === "TupleValue"
    ? make.tuple([...list, ...others])
    : make.list([...list, ...others]);
};

const multiply: Operator = (make, left, right) => {
  const text = textOf(left);
  if (text === undefined || right.type !== "IntegerValue") return product(make, left, right);
  const count = Math.max(right.value, 0);
  make.room(text.length * count);
  return make.plain(text.repeat(count));
};

const contains: Operator = (make, left, right) => {
  const [text, part] = [textOf(right), textOf(left)];
  if (text !== undefined && part !== undefined) return make.plain(text.includes(part));
  const items = right instanceof ViewValue ? right.value : itemsOf(right);
  if (items) return make.plain(items.some((item) => pythonEquals(item, left, make.spend)));
  const entries = entriesOf(right);
  if (entries && part !== undefined) return make.plain(entries.has(part));
  if (right.type === "UndefinedValue") return make.plain(false);
  throw unknown(left, right);
};

const equals: Operator = (make, left, right) => make.plain(pythonEquals(left, right, make.spend));
const not = (operator: Operator): Operator => (make, left, right) =>
  make.plain(operator(make, left, right).value === false);

const OPERATORS: Readonly<Record<string, Operator>> = {
  "+": add,
  "-": arithmetic((a, b) => a - b),
  "*": multiply,
  "/": arithmetic((a, b) => a / b, true),
  "//": arithmetic((a, b) => Math.round((a - modulo(a, b)) / b)),
  "%": arithmetic(modulo),
  "**": arithmetic((a, b) => {
    if (b < 0) throw new RangeError("negative powers are not supported");
    return a ** b;
  }),
  "~": (make, left, right) => {
    const text = pythonText(left, make.spend) + pythonText(right, make.spend);
    make.room(text.length);
    return make.plain(text);
  },
  "==": equals,
  "!=": not(equals),
  in: contains,
  "not in": not(contains),
  "<": ordering((order) => order < 0),
  "<=": ordering((order) => order <= 0),
  ">": ordering((order) => order > 0),
  ">=": ordering((order) => order >= 0),
};

/**
 * Applies an operator to two values as Python does.
 *
 * @throws TypeError for operands that Python refuses or that are not supported.
 */
export function compute(
  make: Maker,
  operator: string,
  left: JinjaValue,
  right: JinjaValue,
): JinjaValue {
  if (!Object.hasOwn(OPERATORS, operator)) throw new TypeError(`${operator} is not supported`);
  try {
    return OPERATORS[operator](make, left, right);
  } catch (cause) {
    throw new TypeError(`${operator}: ${(cause as Error).message}`, { cause });
  }
}
