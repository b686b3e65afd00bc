import { InputError } from "../../input/input_error.ts";

/** A global name of a pickle, which is never looked up. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** What a whitelisted function was called with; nothing is ever run. */
export class PickleCall {
  /** State that was set afterwards. */
  state: unknown;

  constructor(readonly name: string, readonly args: readonly unknown[]) {}
}

/** Reference to data outside of the pickle. */
export class PersistentId {
  constructor(readonly value: unknown) {}
}

/** Values of a pickle: null, booleans, numbers, texts, bytes, lists, tuples (as lists), maps, and the classes above. */
export type PickleValue = unknown;

const STACK_MAX = 1_000_000;
const MEMO_MAX = 4_000_000;

class Mark {}
const MARK = new Mark();

/**
 * Reads a pickle without running anything: functions and classes are kept as names and calls of names.
 *
 * @param allowed Reports whether a global name may occur.
 * @param where File, named in errors.
 * @throws InputError naming the global that is not allowed, or the opcode and byte at fault.
 */
export function unpickle(
  bytes: Uint8Array,
  allowed: (name: string) => boolean,
  where: string,
): PickleValue {
  const machine = new Machine(bytes, allowed, where);
  return machine.run();
}

class Machine {
  #at = 0;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly allowed: (name: string) => boolean,
    readonly where: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): unknown {
    for (;;) {
      const opcode = String.fromCharCode(this.bytes[this.#take(1)]);
      if (opcode === ".") return this.#pop();
      const action = ACTIONS[opcode] ?? ACTIONS_BY_CODE[opcode.charCodeAt(0)];
      if (!action) {
        throw this.fail(`opcode 0x${opcode.charCodeAt(0).toString(16)} is not supported`);
      }
      action(this);
    }
  }

  fail(what: string): InputError {
    return new InputError(`Cannot unpickle ${this.where}: ${what} (byte ${this.#at})`);
  }

  #take(count: number): number {
    if (!(this.#at + count <= this.bytes.length)) throw this.fail("it is cut short");
    const at = this.#at;
    this.#at += count;
    return at;
  }

  push(value: unknown): void {
    if (this.#stack.length >= STACK_MAX) throw this.fail("its stack is too deep");
    this.#stack.push(value);
  }

  #pop(): unknown {
    if (this.#stack.length === 0) throw this.fail("its stack is empty");
    const value = this.#stack.pop();
    if (value === MARK) throw this.fail("a mark is taken for a value");
    return value;
  }

  pop(): unknown {
    return this.#pop();
  }

  top(): unknown {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw this.fail("its stack is empty");
    return value;
  }

  mark(): void {
    this.push(MARK);
  }

  /** Values above the last mark. */
  sinceMark(): unknown[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw this.fail("a mark is missing");
    const values = this.#stack.splice(at);
    return values.slice(1);
  }

  u8(): number {
    return this.bytes[this.#take(1)];
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  length64(): number {
    const length = this.#view.getBigUint64(this.#take(8), true);
    if (length > BigInt(this.bytes.length)) throw this.fail("a length is past its end");
    return Number(length);
  }

  raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.slice(at, at + length);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.raw(length));
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.#at);
    if (end < 0) throw this.fail("a line has no end");
    const text = this.text(end - this.#at);
    this.#take(1);
    return text;
  }

  put(index: number): void {
    if (this.#memo.size >= MEMO_MAX) throw this.fail("it remembers too much");
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    if (!this.#memo.has(index)) throw this.fail(`it remembers nothing under ${index}`);
    this.push(this.#memo.get(index));
  }

  global(module: string, name: string): void {
    const full = `${module}.${name}`;
    if (!this.allowed(full)) {
      throw new InputError(
        `Cannot unpickle ${this.where}: it names ${
          full.slice(0, 100)
        }, which is not allowed (byte ${this.#at})`,
      );
    }
    this.push(new PickleGlobal(full));
  }

  call(callee: unknown, args: unknown): void {
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) {
      throw this.fail("it calls what is no function");
    }
    if (callee.name === "collections.OrderedDict") return this.push(new Map());
    this.push(new PickleCall(callee.name, args));
  }

  /** Items of a map, from a list of keys and values by turns. */
  setItems(items: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Map) || items.length % 2 !== 0) {
      throw this.fail("it sets items of what is no dictionary");
    }
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    if (!Array.isArray(target)) throw this.fail("it appends to what is no list");
    for (const item of items) target.push(item);
  }

  build(state: unknown): void {
    const target = this.top();
    if (target instanceof PickleCall) target.state = state;
  }
}

/** A little-endian two's complement number of any length. */
function long(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  if (bytes.length > 0 && bytes.at(-1)! >= 128) value -= 1n << BigInt(8 * bytes.length);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

type Action = (machine: Machine) => void;

/** What opcodes do, by their character. */
const ACTIONS: Readonly<Record<string, Action>> = {
  "(": (m) => m.mark(),
  "0": (m) => void m.pop(),
  "N": (m) => m.push(null),
  "]": (m) => m.push([]),
  ")": (m) => m.push([]),
  "}": (m) => m.push(new Map()),
  "K": (m) => m.push(m.u8()),
  "M": (m) => m.push(m.u16()),
  "J": (m) => m.push(m.i32()),
  "G": (m) => m.push(m.f64()),
  "X": (m) => m.push(m.text(m.u32())),
  "U": (m) => m.push(m.text(m.u8())),
  "T": (m) => m.push(m.text(m.u32())),
  "C": (m) => m.push(m.raw(m.u8())),
  "B": (m) => m.push(m.raw(m.u32())),
  "t": (m) => m.push(m.sinceMark()),
  "l": (m) => m.push(m.sinceMark()),
  "a": (m) => {
    const item = m.pop();
    m.append([item]);
  },
  "e": (m) => m.append(m.sinceMark()),
  "s": (m) => {
    const [value, key] = [m.pop(), m.pop()];
    m.setItems([key, value]);
  },
  "u": (m) => m.setItems(m.sinceMark()),
  "c": (m) => m.global(m.line(), m.line()),
  "R": (m) => {
    const [args, callee] = [m.pop(), m.pop()];
    m.call(callee, args);
  },
  "b": (m) => m.build(m.pop()),
  "Q": (m) => m.push(new PersistentId(m.pop())),
  "q": (m) => m.put(m.u8()),
  "r": (m) => m.put(m.u32()),
  "h": (m) => m.get(m.u8()),
  "j": (m) => m.get(m.u32()),
};

/** The same for opcodes that are no characters. */
const ACTIONS_BY_CODE: Readonly<Record<number, Action>> = {
  0x80: (m) => void m.u8(), // protocol
  0x81: (m) => { // a new object, as a call
    const [args, callee] = [m.pop(), m.pop()];
    m.call(callee, args);
  },
  0x85: (m) => m.push([m.pop()]),
  0x86: (m) => m.push([m.pop(), m.pop()].reverse()),
  0x87: (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()),
  0x88: (m) => m.push(true),
  0x89: (m) => m.push(false),
  0x8a: (m) => m.push(long(m.raw(m.u8()))),
  0x8c: (m) => m.push(m.text(m.u8())),
  0x8d: (m) => m.push(m.text(m.length64())),
  0x8e: (m) => m.push(m.raw(m.length64())),
  0x93: (m) => {
    const [name, module] = [m.pop(), m.pop()];
    m.global(String(module), String(name));
  },
  0x94: (m) => m.memoize(),
  0x95: (m) => void m.length64(), // frame
};
