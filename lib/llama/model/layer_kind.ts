import type { LlamaConfig } from "./llama_config.ts";

/** Attention settings that differ between layers. */
export interface LayerKind {
  /** Attention window in keys; undefined for unlimited. */
  readonly window: number | undefined;
  /** Rotations: those of the model, those of sliding-window layers, or none. */
  readonly rotation: "common" | "window" | "none";
}

/** Returns the kind of a layer. */
export function layerKind({ traits = {} }: LlamaConfig, layer: number): LayerKind {
  const window = traits.windows?.[layer];
  const ownBase = window !== undefined && traits.windowRopeTheta !== undefined;
  const rotation = traits.unrotated?.[layer] ? "none" : ownBase ? "window" : "common";
  return { window, rotation };
}

/** Returns a lookup by layer that calls `make` once per layer kind. */
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
