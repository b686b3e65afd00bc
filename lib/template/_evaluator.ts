import { attribute, part, slice } from "./_access.ts";
import type { Budget } from "./_budget.ts";
import { wantItems } from "./_call.ts";
import { FILTERS } from "./_filters.ts";
import { METHODS } from "./_methods.ts";
import { compute } from "./_operators.ts";
import { Scope } from "./_scope.ts";
import type { Call, Expression, Identifier, Member, Slice } from "./_syntax_tree.ts";
import { TESTS } from "./_tests.ts";
import { type Arguments, type JinjaValue, numberOf, pythonTruth } from "./python_value.ts";

/** Further jinja2 globals, which are not supported. */
const NAMES = new Set(["self", "dict", "lipsum", "cycler", "joiner"]);

/** Evaluates expressions as Python does, or refuses them. */
export class Evaluator {
  /** Expression that may be undefined, as the operand of a test or default. */
  #asked: Expression | undefined;

  constructor(readonly make: Budget) {}

  /** Evaluates an expression. A string costs by its length each time, as its reader may scan all of it. */
  evaluate(node: Expression, scope: Scope): JinjaValue {
    this.make.spend(1);
    const value = this.#value(node, scope);
    if (value.type === "StringValue") this.make.room(value.value.length);
    return value;
  }

  #value(node: Expression, scope: Scope): JinjaValue {
    const { make } = this;
    switch (node.type) {
      case "IntegerLiteral":
        return make.integer(node.value);
      case "FloatLiteral":
        return make.float(node.value);
      case "StringLiteral":
        return make.plain(node.value);
      case "ArrayLiteral":
        return make.list(node.value.map((each) => this.evaluate(each, scope)));
      case "TupleLiteral":
        return make.tuple(node.value.map((each) => this.evaluate(each, scope)));
      case "ObjectLiteral":
        return this.#dictionary(node.value, scope);
      case "Identifier":
        return this.#there(this.#variable(node, scope), node);
      case "MemberExpression":
        return this.#there(this.#member(node, scope), node);
      case "CallExpression":
        return this.#call(node, scope);
      case "FilterExpression": {
        const asks = /^(default|d)$/.test(filterName(node.filter));
        const operand = this.#operand(node.operand, asks, scope);
        return this.#there(this.filter(operand, node.filter, scope), node);
      }
      case "TestExpression": {
        const { value: name } = node.test;
        if (!Object.hasOwn(TESTS, name)) throw new TypeError(`the test ${name} is not supported`);
        const operand = this.#operand(node.operand, /^(un)?defined$/.test(name), scope);
        return make.plain(TESTS[name](operand) !== node.negate);
      }
      case "UnaryExpression":
        return this.#unary(node.operator.value, this.evaluate(node.argument, scope));
      case "BinaryExpression": {
        const { operator: { value: operator }, right } = node;
        const left = this.evaluate(node.left, scope);
        if (operator === "and") return pythonTruth(left) ? this.evaluate(right, scope) : left;
        if (operator === "or") return pythonTruth(left) ? left : this.evaluate(right, scope);
        return compute(make, operator, left, this.evaluate(right, scope));
      }
      case "Ternary": {
        const holds = pythonTruth(this.evaluate(node.condition, scope));
        return this.evaluate(holds ? node.trueExpr : node.falseExpr, scope);
      }
      case "SelectExpression": {
        const holds = pythonTruth(this.evaluate(node.test, scope));
        return holds ? this.evaluate(node.lhs, scope) : this.#there(undefined, node);
      }
      default:
        throw new TypeError(`a ${node.type} is not supported`);
    }
  }

  /** Applies a filter to a value; errors name the filter. */
  filter(value: JinjaValue, filter: Identifier | Call, scope: Scope): JinjaValue {
    const name = filterName(filter);
    if (!Object.hasOwn(FILTERS, name)) throw new TypeError(`the filter ${name} is not supported`);
    const given = this.argumentsOf(filter.type === "CallExpression" ? filter.args : [], scope);
    return called(`the filter ${name}`, () => FILTERS[name](this.make, value, given));
  }

  /** Evaluates the arguments of a call. */
  argumentsOf(nodes: readonly Expression[], scope: Scope): Arguments {
    const items: JinjaValue[] = [];
    const named = new Map<string, JinjaValue>();
    for (const node of nodes) {
      if (node.type !== "KeywordArgumentExpression") items.push(this.#argument(node, scope));
      else if (named.has(node.key.value)) throw new TypeError(`${node.key.value} is given twice`);
      else named.set(node.key.value, this.evaluate(node.value, scope));
    }
    return { items, named };
  }

  #argument(node: Expression, scope: Scope): JinjaValue {
    if (/Spread/.test(node.type)) throw new TypeError("spread arguments are not supported");
    return this.evaluate(node, scope);
  }

  /** Returns the items that a loop iterates over. */
  items(node: Expression, scope: Scope): readonly JinjaValue[] {
    return wantItems(this.evaluate(node, scope), this.make);
  }

  #dictionary(entries: ReadonlyMap<Expression, Expression>, scope: Scope): JinjaValue {
    const made = new Map<string, JinjaValue>();
    for (const [key, value] of entries) {
      const name = this.evaluate(key, scope);
      if (name.type !== "StringValue") {
        throw new TypeError(`a dictionary key is a ${name.type}, want a string`);
      }
      made.set(name.value, this.evaluate(value, scope));
    }
    return { type: "ObjectValue", value: made };
  }

  #variable({ value: name }: Identifier, scope: Scope): JinjaValue | undefined {
    const found = scope.get(name);
    if (/^(var|kw)args$/.test(name) || (!found && NAMES.has(name))) {
      throw new TypeError(`${name} is not supported`);
    }
    return found;
  }

  #member(node: Member, scope: Scope): JinjaValue | undefined {
    const object = this.#object(node.object, scope);
    const { property } = node;
    return named(nameOf(node), () => {
      if (!node.computed) {
        if (property.type !== "Identifier") throw new TypeError("is not supported");
        return attribute(object, property.value);
      }
      if (property.type === "SliceExpression") return this.#slice(object, property, scope);
      return part(object, this.evaluate(property, scope), this.make);
    });
  }

  #object(node: Expression, scope: Scope): JinjaValue {
    const object = this.evaluate(node, scope);
    if (object.type !== "UndefinedValue") return object;
    throw new ReferenceError(`${nameOf(node)} is not defined`);
  }

  #slice(object: JinjaValue, { start, step, stop }: Slice, scope: Scope): JinjaValue {
    const bound = (node: Expression | undefined): number | undefined => {
      if (!node) return undefined;
      const value = this.evaluate(node, scope);
      if (value.type === "IntegerValue") return value.value;
      if (value.type === "NullValue" || value.type === "UndefinedValue") return undefined;
      throw new TypeError(`a slice by a ${value.type} is not supported`);
    };
    return slice(object, [bound(start), bound(stop), bound(step)], this.make);
  }

  #call({ args, callee }: Call, scope: Scope): JinjaValue {
    if (callee.type === "MemberExpression" && !callee.computed) {
      const object = this.#object(callee.object, scope);
      const name = nameOf(callee.property);
      const methods = METHODS[object.type] ?? {};
      if (!Object.hasOwn(methods, name)) throw new TypeError(`${name}() is not supported`);
      const given = this.argumentsOf(args, scope);
      return called(`${name}()`, () => methods[name](this.make, object, given));
    }
    const found = this.evaluate(callee, scope);
    if (found.type !== "FunctionValue") {
      throw new TypeError(`${nameOf(callee)}() is not supported`);
    }
    return found.value(this.argumentsOf(args, scope));
  }

  #unary(operator: string, argument: JinjaValue): JinjaValue {
    const { make } = this;
    if (operator === "not") return make.plain(!pythonTruth(argument));
    const number = numberOf(argument);
    if (number === undefined || !/^[+-]$/.test(operator)) {
      throw new TypeError(`${operator} before a ${argument.type} is not supported`);
    }
    const result = operator === "-" ? -number : number;
    return argument.type === "FloatValue" ? make.float(result) : make.integer(result + 0);
  }

  /** Evaluates an operand, which may itself be undefined, but not the objects that it is part of. */
  #operand(node: Expression, mayBeMissing: boolean, scope: Scope): JinjaValue {
    const before = this.#asked;
    this.#asked = mayBeMissing ? node : before;
    try {
      return this.evaluate(node, scope);
    } finally {
      this.#asked = before;
    }
  }

  #there(value: JinjaValue | undefined, node: Expression): JinjaValue {
    if (value && value.type !== "UndefinedValue") return value;
    if (!this.make.isTask || node === this.#asked) return this.make.plain(undefined);
    throw new ReferenceError(`${nameOf(node)} is missing`);
  }
}

/** Returns the name of an expression for messages. */
function nameOf(node: Expression): string {
  switch (node.type) {
    case "MemberExpression":
      return `${nameOf(node.object)}.${nameOf(node.property)}`;
    case "Identifier":
    case "StringLiteral":
    case "IntegerLiteral":
    case "FloatLiteral":
      return String(node.value);
    default:
      return "something";
  }
}

/** Returns the name of a filter, with or without arguments. */
function filterName(filter: Identifier | Call): string {
  return nameOf(filter.type === "CallExpression" ? filter.callee : filter);
}

/** Prefixes errors of a call with what was called. */
function called(what: string, body: () => JinjaValue): JinjaValue {
  try {
    return body();
  } catch (cause) {
    throw new TypeError(`${what} ${(cause as Error).message}`, { cause });
  }
}

/** The same for parts of values, whose type errors lack a subject. */
function named<Value>(what: string, body: () => Value): Value {
  try {
    return body();
  } catch (cause) {
    const { message } = cause as Error;
    if (!(cause instanceof TypeError) || !/^(is|of|by) /.test(message)) throw cause;
    throw new TypeError(`${what} ${message}`, { cause });
  }
}
