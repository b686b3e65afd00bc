import type { Environment, Interpreter } from "@huggingface/jinja";
import { FILTERS } from "./_filters.ts";
import type { PythonInterpreter } from "./_interpreter.ts";
import { METHODS } from "./_methods.ts";
import { compute } from "./_operators.ts";
import { TESTS } from "./_tests.ts";
import {
  entriesOf,
  itemsOf,
  type JinjaValue,
  numberOf,
  pythonTruth,
  textOf,
  ViewValue,
} from "./python_value.ts";

/** A node of a template. */
export type Node = NonNullable<Parameters<Interpreter["evaluate"]>[0]>;
/** A node with whatever fields it has. */
export type Fields = Node & Record<string, unknown>;

/** `break` and `continue`, with what the round had written before. */
export class LoopSignal extends Error {
  constructor(readonly kind: string, public text = "") {
    super(`${kind.toLowerCase()} outside of a loop`);
  }
}

type Evaluation = (
  this: PythonInterpreter,
  node: Fields,
  environment: Environment,
) => JinjaValue;

/** What a node is called in messages. */
export function nameOf({ object, property, type, value }: Fields): string {
  if (type === "MemberExpression") {
    return `${nameOf(object as Fields)}.${nameOf(property as Fields)}`;
  }
  return typeof value === "string" || typeof value === "number" ? String(value) : "something";
}

/** Name of a filter, with arguments or without. */
export function filterName(filter: Fields): string {
  const named = filter.type === "CallExpression" ? filter.callee : filter;
  return (named as { value: string }).value;
}

/** A node whose value is there already. */
export function known(value: JinjaValue) {
  return { type: "Known", value };
}

/** Nodes that are evaluated here; the others only walk and bind names. */
export const NODES: Readonly<Record<string, Evaluation>> = {
  Program(node, environment) {
    return this.block(node, environment) as JinjaValue;
  },
  IntegerLiteral({ value }) {
    return this.integer(value as number) as JinjaValue;
  },
  Known: ({ value }) => value as JinjaValue,
  Break() {
    return leaveLoop.call(this, "Break");
  },
  Continue() {
    return leaveLoop.call(this, "Continue");
  },
  Identifier(node, environment) {
    const name = node.value as string;
    const value = environment.lookupVariable(name) as JinjaValue;
    if (/^(var|kw)args$/.test(name) || (value.type === "UndefinedValue" && NAMES.has(name))) {
      throw new TypeError(`${name} is not known here`);
    }
    return this.there(value, node);
  },
  If(node, environment) {
    const test = pythonTruth(this.evaluate(node.test as Node, environment) as JinjaValue);
    return this.with(
      node,
      { test: known(this.plain(test) as JinjaValue) },
      environment,
    ) as JinjaValue;
  },
  Ternary(node, environment) {
    const test = pythonTruth(this.evaluate(node.condition as Node, environment) as JinjaValue);
    return this.evaluate(
      (test ? node.trueExpr : node.falseExpr) as Node,
      environment,
    ) as JinjaValue;
  },
  For(node, environment) {
    const iterable = node.iterable as Fields;
    const isFiltered = iterable.type === "SelectExpression";
    const over = this.evaluate((isFiltered ? iterable.lhs : iterable) as Node, environment);
    const all = itemsOf(FILTERS.list(this, over as JinjaValue, { items: [], named: new Map() }))!;
    const unpacks = (node.loopvar as Fields).type === "TupleLiteral";
    const items = this.list(
      // Tuples are taken apart like lists, which are all that the interpreter knows here.
      all.map((item) => unpacks && itemsOf(item) ? this.list(itemsOf(item)!) as JinjaValue : item),
    ) as JinjaValue;
    const part = isFiltered ? { ...iterable, lhs: known(items) } : known(items);
    return this.with(node, { iterable: part }, environment) as JinjaValue;
  },
  Macro(node, environment) {
    const made = this.with(node, {}, environment) as JinjaValue;
    const { value: name } = node.name as unknown as { value: string };
    this.settle(environment.lookupVariable(name), environment);
    return made;
  },
  MemberExpression(node, environment) {
    const object = this.evaluate(node.object as Node, environment) as JinjaValue;
    if (object.type === "UndefinedValue") {
      throw new ReferenceError(`${nameOf(node.object as Fields)} is not defined`);
    }
    const property = node.property as Fields;
    if (!PARTED.test(object.type)) {
      throw new TypeError(`${nameOf(node)} of a ${object.type} is not known here`);
    }
    if (!node.computed) {
      if (property.type !== "Identifier") throw new TypeError(`${nameOf(node)} is not known here`);
      return this.there(attribute.call(this, object, property.value as string, node), node);
    }
    if (property.type === "SliceExpression") return slice.call(this, object, property, environment);
    const key = this.evaluate(property, environment) as JinjaValue;
    const name = textOf(key);
    if (name !== undefined) return this.there(attribute.call(this, object, name, node), node);
    if (key.type !== "IntegerValue") {
      throw new TypeError(`a part by a ${key.type} is not known here`);
    }
    const letters = textOf(object);
    const items = letters === undefined ? itemsOf(object) : [...letters];
    const found = items?.at(key.value as number);
    const value = typeof found === "string" ? this.plain(found) : found ?? this.plain(undefined);
    return this.there(value as JinjaValue, node);
  },
  CallExpression(node, environment) {
    const callee = node.callee as Fields;
    const args = node.args as Fields[];
    if (callee.type === "MemberExpression" && !callee.computed) {
      const object = this.evaluate(callee.object as Node, environment) as JinjaValue;
      if (object.type === "UndefinedValue") {
        throw new ReferenceError(`${nameOf(callee.object as Fields)} is not defined`);
      }
      const { value: name } = callee.property as unknown as { value: string };
      return this.method(object, name, args, environment);
    }
    const found = this.evaluate(callee, environment) as JinjaValue;
    if (found.type !== "FunctionValue") {
      throw new TypeError(`${nameOf(callee)}() is not known here`);
    }
    const given = this.argumentsOf(args, environment);
    const named = args.filter(({ type }) => type === "KeywordArgumentExpression");
    const parts = {
      callee: known(found),
      args: [
        ...given.items.map(known),
        ...named.map((arg) => ({
          ...arg,
          value: known(given.named.get((arg.key as unknown as { value: string }).value)!),
        })),
      ],
    };
    const result = this.with(node, parts, this.homeOf(found, environment)) as JinjaValue;
    return found === this.range ? new ViewValue(itemsOf(result)!) : result;
  },
  FilterExpression(node, environment) {
    const filter = node.filter as Fields;
    const name = filterName(filter);
    const asks = name === "default" || name === "d";
    const operand = asks
      ? this.leniently(node.operand as Node, environment)
      : this.evaluate(node.operand as Node, environment) as JinjaValue;
    return this.filter(operand, filter, environment);
  },
  FilterStatement(node, environment) {
    const [body] = node.body as Fields[];
    const text = body ? this.evaluate(body, environment) : this.plain("");
    return this.filter(text as JinjaValue, node.filter as Fields, environment);
  },
  TestExpression(node, environment) {
    const { value: name } = node.test as unknown as { value: string };
    if (!Object.hasOwn(TESTS, name)) throw new TypeError(`the test ${name} is not known here`);
    const asks = name === "defined" || name === "undefined";
    const operand = asks
      ? this.leniently(node.operand as Node, environment)
      : this.evaluate(node.operand as Node, environment) as JinjaValue;
    return this.plain(TESTS[name](operand) !== node.negate) as JinjaValue;
  },
  UnaryExpression(node, environment) {
    const { value: operator } = node.operator as { value: string };
    const argument = this.evaluate(node.argument as Node, environment) as JinjaValue;
    if (operator === "not") return this.plain(!pythonTruth(argument)) as JinjaValue;
    const number = numberOf(argument);
    if (number === undefined || !/^[+-]$/.test(operator)) {
      throw new TypeError(`${operator} before a ${argument.type} is not known here`);
    }
    const result = operator === "-" ? -number : number;
    const isFloat = argument.type === "FloatValue";
    return (isFloat ? this.float(result) : this.integer(result + 0)) as JinjaValue;
  },
  BinaryExpression(node, environment) {
    const { value: operator } = node.operator as { value: string };
    const left = this.evaluate(node.left as Node, environment) as JinjaValue;
    const right = () => this.evaluate(node.right as Node, environment) as JinjaValue;
    if (operator === "and") return pythonTruth(left) ? right() : left;
    if (operator === "or") return pythonTruth(left) ? left : right();
    return compute(this, operator, left, right());
  },
};

/** What jinja2 has besides, of which nothing is known here. */
const NAMES = new Set(["self", "dict", "lipsum", "cycler", "joiner"]);

/** Kinds of values that have parts, or that everything is missing of. */
const PARTED = /^(String|Array|Tuple|Object|Namespace|Null)Value$/;

/** jinja2 itself has no `break`; transformers adds it. */
function leaveLoop(this: PythonInterpreter, kind: string): never {
  if (this.kind === "task") throw new SyntaxError(`${kind.toLowerCase()} is not known here`);
  throw new LoopSignal(kind);
}

/** `value.name` where it is not called. */
function attribute(
  this: PythonInterpreter,
  object: JinjaValue,
  name: string,
  node: Fields,
): JinjaValue {
  const entries = object.type === "NamespaceValue"
    ? object.value as Map<string, JinjaValue>
    : entriesOf(object);
  const found = entries?.get(name);
  if (found) return found;
  const isMethod = Object.hasOwn(METHODS[object.type] ?? {}, name);
  const isLoop = (node.object as Fields).type === "Identifier" &&
    (node.object as Fields).value === "loop";
  if (isMethod || isLoop) throw new TypeError(`${nameOf(node)} is not known here`);
  return this.plain(undefined) as JinjaValue;
}

/** `value[start:stop:step]` of a text or list. */
function slice(
  this: PythonInterpreter,
  object: JinjaValue,
  node: Fields,
  environment: Environment,
): JinjaValue {
  const [start, stop, step] = ["start", "stop", "step"].map((key) => {
    const value = this.evaluate(node[key] as Node | undefined, environment) as JinjaValue;
    if (value.type === "IntegerValue") return value.value as number;
    if (value.type === "UndefinedValue" || value.type === "NullValue") return undefined;
    throw new TypeError(`a slice by a ${value.type} is not known here`);
  });
  const text = textOf(object);
  const items: readonly unknown[] | undefined = text === undefined ? itemsOf(object) : [...text];
  if (!items || step === 0) throw new TypeError(`a slice of a ${object.type} is not known here`);
  const stride = step ?? 1;
  const { length } = items;
  const place = (at: number | undefined, initial: number) => {
    const low = stride > 0 ? 0 : -1;
    return at === undefined
      ? initial
      : Math.min(Math.max(at < 0 ? at + length : at, low), length + low);
  };
  const from = place(start, stride > 0 ? 0 : length - 1);
  const to = place(stop, stride > 0 ? length : -1);
  const chosen: unknown[] = [];
  for (let at = from; stride > 0 ? at < to : at > to; at += stride) chosen.push(items[at]);
  this.spend(chosen.length);
  if (text !== undefined) return this.plain(chosen.join("")) as JinjaValue;
  const make = object.type === "TupleValue" ? "tuple" : "list";
  return this[make](chosen as JinjaValue[]) as JinjaValue;
}
