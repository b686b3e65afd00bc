import type { Clock } from "../clock/clock.ts";

/** Fault of a node at a call; undefined for none. */
export type Fate = { readonly crash: true } | { readonly freezeSeconds: number } | undefined;

/**
 * Gate that every call by one incarnation of a node passes before and after. Once the node has crashed there,
 * none of its calls returns, pending ones included; what they had begun stays as far as it got.
 */
export class NodeGate {
  #dead = false;
  readonly #died = Promise.withResolvers<"crashed">();
  #thawMs = 0;

  /** @param fate Returns the fault at each passage. */
  constructor(readonly clock: Clock, readonly fate: () => Fate) {}

  /** Resolves when the node has crashed. */
  get died(): Promise<"crashed"> {
    return this.#died.promise;
  }

  /** Whether the node has crashed. */
  get dead(): boolean {
    return this.#dead;
  }

  /** Wraps an object that a node calls; the named methods are asynchronous and pass the gate. */
  wrap<Target extends object>(target: Target, methods: readonly (keyof Target)[]): Target {
    const pass = this.#pass.bind(this);
    return new Proxy(target, {
      get(object, key) {
        const value = Reflect.get(object, key);
        if (typeof value !== "function") return value;
        const call = value.bind(object) as (...args: unknown[]) => Promise<unknown>;
        if (!methods.includes(key as keyof Target)) return call;
        return (...args: unknown[]) => pass(() => call(...args));
      },
    });
  }

  async #pass<Value>(task: () => Promise<Value>): Promise<Value> {
    await this.#open();
    try {
      return await task();
    } finally {
      await this.#open();
    }
  }

  async #open(): Promise<void> {
    const fate = this.#dead ? undefined : this.fate();
    if (fate && "crash" in fate) {
      this.#dead = true;
      this.#died.resolve("crashed");
    }
    if (fate && "freezeSeconds" in fate) {
      this.#thawMs = Math.max(this.#thawMs, this.clock.nowMs() + fate.freezeSeconds * 1000);
    }
    if (this.#dead) await new Promise<never>(() => {});
    await this.clock.sleepUntil(this.#thawMs);
    if (this.#dead) await new Promise<never>(() => {});
  }
}
