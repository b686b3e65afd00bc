import type { LlamaConfig } from "./llama_config.ts";

/** What distinguishes the attention of a layer from that of others. */
export interface LayerKind {
  /** Keys that a query sees; undefined for all before it. */
  readonly window: number | undefined;
  /** Rotations: those of the model, those of layers with a window, or none. */
  readonly rotation: "common" | "window" | "none";
}

/** Kind of a layer. */
export function layerKind({ traits = {} }: LlamaConfig, layer: number): LayerKind {
  const window = traits.windows?.[layer];
  const ownBase = window !== undefined && traits.windowRopeTheta !== undefined;
  const rotation = traits.unrotated?.[layer] ? "none" : ownBase ? "window" : "common";
  return { window, rotation };
}

/** Makes something for each kind of layer once. */
export function byLayerKind<Made>(
  config: LlamaConfig,
  make: (kind: LayerKind) => Made,
): (layer: number) => Made {
  const known = new Map<string, Made>();
  return (layer) => {
    const kind = layerKind(config, layer);
    const key = `${kind.window} ${kind.rotation}`;
    if (!known.has(key)) known.set(key, make(kind));
    return known.get(key)!;
  };
}
