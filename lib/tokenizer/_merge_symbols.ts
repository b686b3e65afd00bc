import { ID_SPAN } from "./_id_span.ts";

/** Up to this many symbols, every merge rescans all pairs. */
const SCAN_LENGTH_MAX = 32;

/**
 * Merges adjacent symbols, the pair of lowest rank first, leftmost on ties.
 *
 * @param symbols Ids; modified.
 * @param merges Rank times `ID_SPAN` plus result, by left id times `ID_SPAN` plus right id.
 */
export function mergeSymbols(symbols: number[], merges: ReadonlyMap<number, number>): number[] {
  return symbols.length <= SCAN_LENGTH_MAX
    ? mergeByScanning(symbols, merges)
    : mergeByHeap(symbols, merges);
}

function mergeByScanning(symbols: number[], merges: ReadonlyMap<number, number>): number[] {
  while (symbols.length > 1) {
    let best = Infinity;
    let at = -1;
    for (let i = 1; i < symbols.length; i++) {
      const merge = merges.get(symbols[i - 1] * ID_SPAN + symbols[i]);
      if (merge !== undefined && merge < best) [best, at] = [merge, i];
    }
    if (at < 0) break;
    symbols[at - 1] = best % ID_SPAN;
    symbols.splice(at, 1);
  }
  return symbols;
}

/** Keeps symbols in a linked list and candidates in a heap; time is nearly linear in the length. */
function mergeByHeap(symbols: number[], merges: ReadonlyMap<number, number>): number[] {
  const GONE = -1;
  const next = Int32Array.from(symbols, (_, i) => i + 1);
  const previous = Int32Array.from(symbols, (_, i) => i - 1);
  const heap = new Heap();
  const offer = (left: number) => {
    const right = next[left];
    if (left < 0 || right >= symbols.length) return;
    const merge = merges.get(symbols[left] * ID_SPAN + symbols[right]);
    if (merge !== undefined) heap.push({ merge, left, a: symbols[left], b: symbols[right] });
  };
  for (let i = 0; i < symbols.length - 1; i++) offer(i);
  for (let top = heap.pop(); top; top = heap.pop()) {
    const { a, b, left, merge } = top;
    const right = next[left];
    // A candidate is stale when one of its symbols has been merged since.
    if (symbols[left] !== a || right >= symbols.length || symbols[right] !== b) continue;
    symbols[left] = merge % ID_SPAN;
    symbols[right] = GONE;
    next[left] = next[right];
    if (next[right] < symbols.length) previous[next[right]] = left;
    if (previous[left] >= 0) offer(previous[left]);
    offer(left);
  }
  return symbols.filter((id) => id !== GONE);
}

interface Candidate {
  merge: number;
  left: number;
  a: number;
  b: number;
}

/** Min-heap by merge, then leftmost first. */
class Heap {
  readonly #items: Candidate[] = [];

  push(item: Candidate): void {
    let at = this.#items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, this.#items[parent])) break;
      this.#items[at] = this.#items[parent];
      at = parent;
    }
    this.#items[at] = item;
  }

  pop(): Candidate | undefined {
    const top = this.#items[0];
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#items.length) break;
      if (child + 1 < this.#items.length && before(this.#items[child + 1], this.#items[child])) {
        child++;
      }
      if (!before(this.#items[child], last)) break;
      this.#items[at] = this.#items[child];
      at = child;
    }
    this.#items[at] = last;
    return top;
  }
}

function before(a: Candidate, b: Candidate): boolean {
  return a.merge < b.merge || (a.merge === b.merge && a.left < b.left);
}
