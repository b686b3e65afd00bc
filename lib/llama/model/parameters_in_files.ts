import type { FilePlace } from "../../graph/graph.ts";
import type { ElementType } from "../../graph/element_type.ts";
import type { ParameterSource } from "./parameter_source.ts";

/** Locations of a model's parameters in files, by name. */
export type ParameterPlaces = ReadonlyMap<string, FilePlace & { readonly type: ElementType }>;

/** Returns a source of parameters that a graph uses in place, from their files. */
export function parametersInFiles(places: ParameterPlaces): ParameterSource {
  return (graph, { dims, name, rows }) => {
    const { end, path, start, type } = places.get(name)!;
    if (!rows) return graph.external(name, type, dims, { path, start, end });
    const rowBytes = (end - start) / dims[0];
    return graph.external(`${name}.${rows.from}`, type, [rows.to - rows.from, ...dims.slice(1)], {
      path,
      start: start + rows.from * rowBytes,
      end: start + rows.to * rowBytes,
    });
  };
}
