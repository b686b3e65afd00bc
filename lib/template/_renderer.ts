import { Budget } from "./_budget.ts";
import { Evaluator } from "./_evaluator.ts";
import { globalScope } from "./_globals.ts";
import { Scope } from "./_scope.ts";
import {
  type Expression,
  type Identifier,
  isStatement,
  type Macro,
  mentions,
  type Node,
  type Parameter,
  type Statement,
  type Tuple,
} from "./_syntax_tree.ts";
import {
  type Arguments,
  itemsOf,
  type JinjaValue,
  pythonText,
  pythonTruth,
} from "./python_value.ts";

/** Statement that leaves a loop iteration. */
type Leave = "Break" | "Continue";

/** Output so far. */
interface Output {
  text: string;
}

type StatementOf<Type extends Statement["type"]> = Extract<Statement, { type: Type }>;

/** Renders the statements of one template, once. */
export class Renderer {
  readonly #make: Budget;
  readonly #evaluator: Evaluator;
  readonly #root: Scope;
  /** Macros by their functions, for call blocks. */
  readonly #macros = new WeakMap<(given: Arguments) => JinjaValue, { node: Macro; home: Scope }>();
  /** Whether the body of a macro mentions `caller`. */
  readonly #asksCaller = new WeakMap<readonly Node[], boolean>();

  constructor(names: Readonly<Record<string, unknown>>, kind: "chat" | "task", sizeMax: number) {
    this.#make = new Budget(kind === "task", sizeMax);
    this.#evaluator = new Evaluator(this.#make);
    this.#root = globalScope(names, this.#make);
  }

  /** Renders a template to text. */
  text(body: readonly Node[]): string {
    return this.#block(body, this.#root);
  }

  /** Evaluates a template that is a single expression; returns undefined for any other. */
  value(body: readonly Node[]): JinjaValue | undefined {
    const [only, ...rest] = body.filter((node) =>
      node.type !== "StringLiteral" || node.value.trim() !== ""
    );
    if (!only || rest.length > 0 || isStatement(only)) return undefined;
    return this.#evaluator.evaluate(only, this.#root);
  }

  /** Renders nodes that are not in a loop. */
  #block(nodes: readonly Node[], scope: Scope): string {
    const output = { text: "" };
    const leave = this.#run(nodes, scope, output);
    if (leave) throw new SyntaxError(`${leave.toLowerCase()} outside of a loop`);
    return output.text;
  }

  /** Runs nodes in order, until one leaves the iteration. */
  #run(nodes: readonly Node[], scope: Scope, output: Output): Leave | undefined {
    for (const node of nodes) {
      if (isStatement(node)) {
        const leave = this.#statement(node, scope, output);
        if (leave) return leave;
      } else {
        const value = this.#evaluator.evaluate(node, scope);
        this.#write(pythonText(value, this.#make.spend), output);
      }
    }
    return undefined;
  }

  #write(text: string, output: Output): void {
    this.#make.spend(text.length / 100);
    output.text += text;
    if (output.text.length > this.#make.sizeMax) this.#make.room(output.text.length);
  }

  #statement(node: Statement, scope: Scope, output: Output): Leave | undefined {
    this.#make.spend(1);
    switch (node.type) {
      case "Comment":
        return undefined;
      case "Break":
      case "Continue":
        return node.type;
      case "If": {
        const holds = pythonTruth(this.#evaluator.evaluate(node.test, scope));
        return this.#run(holds ? node.body : node.alternate, scope, output);
      }
      case "For":
        this.#loop(node, scope, output);
        return undefined;
      case "Set":
        this.#assign(node, scope);
        return undefined;
      case "Macro": {
        const value = (given: Arguments) => this.#expand(node, given, scope);
        this.#macros.set(value, { node, home: scope });
        scope.set(node.name.value, { type: "FunctionValue", value });
        return undefined;
      }
      case "CallStatement":
        this.#write(this.#callBlock(node, scope), output);
        return undefined;
      case "FilterStatement": {
        const text = this.#make.plain(this.#block(node.body, new Scope(scope)));
        const filtered = this.#evaluator.filter(text, node.filter, scope);
        this.#write(pythonText(filtered, this.#make.spend), output);
        return undefined;
      }
    }
  }

  #loop(node: StatementOf<"For">, scope: Scope, output: Output): void {
    const { iterable } = node;
    const isFiltered = iterable.type === "SelectExpression";
    const all = this.#evaluator.items(isFiltered ? iterable.lhs : iterable, scope);
    const items = all.filter((item) => {
      if (!isFiltered) return true;
      const inner = new Scope(scope);
      this.#bind(node.loopvar, item, inner);
      return pythonTruth(this.#evaluator.evaluate(iterable.test, inner));
    });
    for (const [index, item] of items.entries()) {
      this.#make.spend(1);
      const inner = new Scope(scope);
      inner.set("loop", this.#loopFacts(items, index));
      this.#bind(node.loopvar, item, inner);
      if (this.#run(node.body, inner, output) === "Break") break;
    }
    if (items.length === 0) this.#run(node.defaultBlock, new Scope(scope), output);
  }

  #loopFacts(items: readonly JinjaValue[], index: number): JinjaValue {
    const { length } = items;
    const make = this.#make;
    const facts: Record<string, JinjaValue> = {
      index: make.integer(index + 1),
      index0: make.integer(index),
      revindex: make.integer(length - index),
      revindex0: make.integer(length - index - 1),
      first: make.plain(index === 0),
      last: make.plain(index === length - 1),
      length: make.integer(length),
      previtem: items[index - 1] ?? make.plain(undefined),
      nextitem: items[index + 1] ?? make.plain(undefined),
    };
    return { type: "LoopValue", value: new Map(Object.entries(facts)) };
  }

  #assign(node: StatementOf<"Set">, scope: Scope): void {
    const value = node.value
      ? this.#evaluator.evaluate(node.value, scope)
      : this.#make.plain(this.#block(node.body, new Scope(scope)));
    const { assignee } = node;
    if (assignee.type !== "MemberExpression") return this.#bind(assignee, value, scope);
    const object = this.#evaluator.evaluate(assignee.object, scope);
    const { computed, property } = assignee;
    if (object.type !== "NamespaceValue" || computed || property.type !== "Identifier") {
      throw new TypeError(`an assignment to a part of a ${object.type} is not supported`);
    }
    object.value.set(property.value, value);
  }

  /** Assigns a value to a name, or its items to several names. */
  #bind(target: Expression | Identifier | Tuple, value: JinjaValue, scope: Scope): void {
    if (target.type === "Identifier") return scope.set(target.value, value);
    if (target.type !== "TupleLiteral") {
      throw new TypeError(`an assignment to a ${target.type} is not supported`);
    }
    const items = itemsOf(value);
    if (items?.length !== target.value.length) {
      const found = items ? `${items.length} items` : `a ${value.type}`;
      throw new TypeError(`${found} for ${target.value.length} names`);
    }
    target.value.forEach((name, i) => {
      if (name.type !== "Identifier") {
        throw new TypeError(`an assignment to a ${name.type} is not supported`);
      }
      scope.set(name.value, items[i]);
    });
  }

  /** Returns the output of a macro; it sees the scope of its definition, not that of its call. */
  #expand(
    { args, body, name }: Pick<Macro, "args" | "body" | "name">,
    given: Arguments,
    home: Scope,
    caller?: JinjaValue,
  ): JinjaValue {
    const scope = new Scope(home);
    if (caller) {
      if (!this.#mentionsCaller(body)) throw new TypeError(`${name.value}() has no caller`);
      scope.set("caller", caller);
    }
    this.#bindParameters(name.value, args, given, scope);
    return this.#make.plain(this.#block(body, scope));
  }

  #mentionsCaller(body: readonly Node[]): boolean {
    const known = this.#asksCaller.get(body) ?? mentions(body, "caller");
    this.#asksCaller.set(body, known);
    return known;
  }

  /** Binds all parameters before evaluating any default. */
  #bindParameters(
    macro: string,
    parameters: readonly Parameter[],
    { items, named }: Arguments,
    scope: Scope,
  ): void {
    const nameOf = (each: Parameter) => each.type === "Identifier" ? each.value : each.key.value;
    const names = parameters.map(nameOf);
    this.#make.spend(names.length);
    const unknown = [...named.keys()].find((name) => !names.includes(name));
    if (unknown !== undefined || items.length > names.length) {
      throw new TypeError(`${macro}() has an unexpected argument: ${unknown ?? items.length}`);
    }
    const missing: Parameter[] = [];
    for (const [i, parameter] of parameters.entries()) {
      const value = items[i] ?? named.get(names[i]);
      if (items[i] && named.has(names[i])) throw new TypeError(`${names[i]} is given twice`);
      if (!value) missing.push(parameter);
      scope.set(names[i], value ?? this.#make.plain(undefined));
    }
    for (const each of missing) {
      if (each.type === "Identifier") continue;
      scope.set(each.key.value, this.#evaluator.evaluate(each.value, scope));
    }
  }

  /** `{% call macro() %}`: renders the macro, which may call `caller()` for the block's content. */
  #callBlock({ body, call, callerArgs }: StatementOf<"CallStatement">, scope: Scope): string {
    const name: Identifier = { type: "Identifier", value: "caller" };
    const caller: JinjaValue = {
      type: "FunctionValue",
      value: (given) => this.#expand({ name, args: callerArgs ?? [], body }, given, scope),
    };
    const given = this.#evaluator.argumentsOf(call.args, scope);
    const callee = this.#evaluator.evaluate(call.callee, scope);
    const macro = callee.type === "FunctionValue" ? this.#macros.get(callee.value) : undefined;
    if (!macro) throw new TypeError("a call block of anything but a macro is not supported");
    const written = this.#expand(macro.node, given, macro.home, caller);
    return pythonText(written, this.#make.spend);
  }
}
