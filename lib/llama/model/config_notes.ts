/**
 * Describes contradictions within a `config.json` and the value used, which is transformers'
 * choice.
 *
 * @param json Parsed file, unvalidated; rope settings that are not objects yield no notes.
 */
export function configNotes(json: Readonly<Record<string, unknown>>): string[] {
  const {
    original_max_position_embeddings: original,
    rope_parameters: newer,
    rope_scaling: older,
  } = json as Record<string, Record<string, unknown> | null | undefined>;
  const notes: string[] = [];
  const both = isFilled(older) && isFilled(newer);
  if (
    both && !("full_attention" in newer!) &&
    differ({ rope_theta: json.rope_theta, ...older }, newer!)
  ) {
    notes.push(
      "config.json has conflicting rope_scaling and rope_parameters: using the former, ignoring the latter",
    );
  }
  const inner = (isFilled(older) ? older : newer)?.original_max_position_embeddings;
  if (typeof original === "number" && typeof inner === "number" && original !== inner) {
    notes.push(
      `config.json has original_max_position_embeddings ${original}, but ${inner} for rope: using the former`,
    );
  }
  if (json.rope_theta === undefined && isFilled(older) && older!.rope_theta === undefined) {
    notes.push("config.json has rope_scaling but no rope_theta: using the family's default");
  }
  return notes;
}

function isFilled(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** Reports whether two rope settings differ; `type` is the older name of `rope_type`. */
function differ(older: Record<string, unknown>, newer: Record<string, unknown>): boolean {
  const plain = ({ rope_theta: _, rope_type, type, ...more }: Record<string, unknown>) =>
    JSON.stringify(Object.entries({ ...more, kind: rope_type ?? type ?? "default" }).sort());
  const theta = newer.rope_theta !== undefined && newer.rope_theta !== older.rope_theta;
  return theta || plain(older) !== plain(newer);
}
