import { buildParts, type Part, type PartTable } from "./_parts.ts";

/** Ids added around every text that is encoded with special tokens. */
export interface SpecialEnds {
  /** Ids before the text. */
  readonly before: readonly number[];
  /** Ids after the text. */
  readonly after: readonly number[];
}

const NONE: SpecialEnds = { before: [], after: [] };

const table = (idOf: (name: string) => number | undefined): PartTable<SpecialEnds> => ({
  // From classes that prepend a named token themselves.
  Named: ({ before }) => ({
    before: (before as string[]).flatMap((name) => idOf(name) ?? []),
    after: [],
  }),
  ByteLevel: () => NONE,
  TemplateProcessing: templateEnds,
  RobertaProcessing: ({ cls, sep }) => ({ before: pairId(cls), after: pairId(sep) }),
  BertProcessing: ({ cls, sep }) => ({ before: pairId(cls), after: pairId(sep) }),
});

/**
 * Returns the ids that a `post_processor` adds around a single text.
 *
 * @param idOf Returns the id of a token by a name such as `bos_token`.
 * @throws RangeError for an unknown part.
 */
export function specialEnds(
  part: Part,
  idOf: (name: string) => number | undefined,
): SpecialEnds {
  return buildParts("post-processor", "processors", part, table(idOf))
    .reduce((inner, { after, before }) => ({
      before: [...before, ...inner.before],
      after: [...inner.after, ...after],
    }), NONE);
}

function templateEnds(part: Record<string, unknown>): SpecialEnds {
  const tokens = (part.special_tokens ?? {}) as Record<string, { ids?: unknown } | undefined>;
  const before: number[] = [];
  const after: number[] = [];
  let texts = 0;
  for (const item of Array.isArray(part.single) ? part.single : []) {
    const name = item?.SpecialToken?.id;
    if (name === undefined) {
      texts++;
      continue;
    }
    const ids = Object.hasOwn(tokens, name) ? tokens[name]?.ids : undefined;
    if (!Array.isArray(ids)) throw new RangeError(`template has no ids of ${JSON.stringify(name)}`);
    (texts > 0 ? after : before).push(...ids.map(checkId));
  }
  if (texts !== 1) throw new RangeError(`template has the text ${texts} times, want once`);
  return { before, after };
}

function pairId(pair: unknown): number[] {
  return [checkId(Array.isArray(pair) ? pair[1] : undefined)];
}

function checkId(id: unknown): number {
  if (Number.isSafeInteger(id) && Number(id) >= 0) return Number(id);
  throw new RangeError(`post-processor has id ${JSON.stringify(id)}, want a whole number`);
}
