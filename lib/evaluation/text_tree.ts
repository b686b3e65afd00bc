import type { TokenPair } from "./request_encoder.ts";

/** A score to compute in a tree. */
export interface TreeScore {
  /** Index of the tree's token whose next token is scored. */
  readonly place: number;
  /** The next token. */
  readonly target: number;
  /** Number of the pair that the score belongs to. */
  readonly pair: number;
}

/** Texts with a common prefix: a trunk, followed by one branch per text. */
export interface TextTree {
  /** Tokens: the trunk, then each branch. */
  readonly tokens: readonly number[];
  /** Number of tokens in the trunk. */
  readonly trunk: number;
  /** Number of tokens in each branch. */
  readonly branches: readonly number[];
  /** All scores, pair by pair. */
  readonly scores: readonly TreeScore[];
}

/**
 * Arranges pairs in trees so that a common prefix is computed once, such as the context of a question's
 * choices. Pairs that are truncated to the model's context share nothing, since they start at different
 * positions.
 *
 * @param pairs Pairs with their numbers.
 * @param lengthMax Maximum input length in tokens; longer pairs are truncated at the start.
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

/** Returns the length of the common prefix of all inputs. */
function commonLength([first, ...others]: readonly Input[]): number {
  return others.reduce((common, { tokens }) => {
    let same = 0;
    while (same < common && same < tokens.length && tokens[same] === first.tokens[same]) same++;
    return same;
  }, first?.tokens.length ?? 0);
}
