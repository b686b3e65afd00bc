import type { TokenPair } from "./request_encoder.ts";

/** A score to be read off a tree. */
export interface TreeScore {
  /** Token of the tree whose next token is scored. */
  readonly place: number;
  /** That next token. */
  readonly target: number;
  /** Which of the pairs it belongs to. */
  readonly pair: number;
}

/** Texts with a common beginning: a trunk, and behind it one branch a text. */
export interface TextTree {
  /** Tokens: the trunk, then each branch. */
  readonly tokens: readonly number[];
  /** Tokens of the trunk. */
  readonly trunk: number;
  /** Tokens of each branch. */
  readonly branches: readonly number[];
  /** All that is scored, pair by pair. */
  readonly scores: readonly TreeScore[];
}

/**
 * Lays pairs out so that what they have in common is computed once: the choices of a question share its
 * context. Pairs that are cut to the model's context share nothing, since they begin at different places.
 *
 * @param pairs Pairs with their numbers.
 * @param lengthMax Longest input, tokens; of longer pairs the beginning is dropped.
 */
export function textTrees(
  pairs: readonly (readonly [number: number, pair: TokenPair])[],
  lengthMax: number,
): TextTree[] {
  const inputs = pairs.map(([number, { context, continuation }]) => ({
    number,
    continuation,
    tokens: [...context, ...continuation].slice(0, -1).slice(-lengthMax),
    cut: context.length + continuation.length - 1 > lengthMax,
  }));
  const apart = inputs.some(({ cut }) => cut) || commonLength(inputs) === 0;
  return apart ? inputs.map((input) => tree([input])) : inputs.length > 0 ? [tree(inputs)] : [];
}

interface Input {
  readonly number: number;
  readonly tokens: readonly number[];
  readonly continuation: readonly number[];
}

function tree(inputs: readonly Input[]): TextTree {
  const trunk = commonLength(inputs);
  const tokens = inputs[0].tokens.slice(0, trunk);
  const branches: number[] = [];
  const scores: TreeScore[] = [];
  for (const { continuation, number, tokens: own } of inputs) {
    const start = tokens.length - trunk;
    const first = own.length - continuation.length;
    continuation.forEach((target, i) => {
      const place = first + i;
      scores.push({ place: place < trunk ? place : place + start, target, pair: number });
    });
    for (let i = trunk; i < own.length; i++) tokens.push(own[i]);
    if (own.length > trunk) branches.push(own.length - trunk);
  }
  return { tokens, trunk, branches, scores };
}

/** Tokens that all inputs begin with. */
function commonLength([first, ...others]: readonly Input[]): number {
  return others.reduce((common, { tokens }) => {
    let same = 0;
    while (same < common && same < tokens.length && tokens[same] === first.tokens[same]) same++;
    return same;
  }, first?.tokens.length ?? 0);
}
