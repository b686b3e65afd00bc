import { InputError } from "../input/input_error.ts";
import { withType } from "./config_keys.ts";
import { toFloat32 } from "../checkpoint/to_float32.ts";
import { sameDims } from "../tensor/dims.ts";
import type { Release } from "./release.ts";
import type { SourceTensor } from "./source_tensor.ts";

/**
 * The average of models of one shape, in float32; sums are in double precision. Configuration and tokenizer are the
 * first one's.
 *
 * @param weights One for each model; they need not add up to one.
 * @throws InputError when the models differ in shape, or the weights make no average.
 */
export function averageReleases(releases: readonly Release[], weights: readonly number[]): Release {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (weights.length !== releases.length || !(total > 0) || !weights.every((each) => each >= 0)) {
    throw new InputError(
      `Cannot average ${releases.length} models with weights ${
        weights.join(", ")
      }: want one from 0 on for each`,
    );
  }
  const [first, ...others] = releases;
  if (first.config.fused) {
    throw new InputError(
      "Cannot average models: their files fuse projections, which is not supported",
    );
  }
  for (const other of others) refuseOtherShape(first, other);
  const parameters = first.parameters.map((parameter, i): SourceTensor => ({
    name: parameter.name,
    dims: parameter.dims,
    type: "F32",
    read: async (start, end) => {
      const sums = new Float64Array(end - start);
      for (const [at, release] of releases.entries()) {
        const { read, type } = release.parameters[i];
        const values = toFloat32(type, await read(start, end));
        const share = weights[at] / total;
        for (let k = 0; k < sums.length; k++) sums[k] += share * values[k];
      }
      return new Uint8Array(Float32Array.from(sums).buffer);
    },
  }));
  return {
    ...first,
    format: `average of ${releases.length} models`,
    configJson: {
      ...withType(first.configJson, "F32"),
      tie_word_embeddings: first.config.tiedEmbeddings,
    },
    parameters,
    stored: parameters,
    notes: [...new Set(releases.flatMap(({ notes }) => notes))],
    close: async () => {
      for (const release of releases) await release.close();
    },
  };
}

function refuseOtherShape(first: Release, other: Release): void {
  const wrong = first.parameters.find(({ dims, name }, i) =>
    other.parameters[i]?.name !== name || !sameDims(other.parameters[i].dims, dims)
  );
  if (!wrong && other.parameters.length === first.parameters.length) return;
  const there = other.parameters.find(({ name }) => name === wrong?.name);
  throw new InputError(
    `Cannot average models: ${wrong?.name ?? "a tensor"} has shape [${wrong?.dims}] in one and ${
      there ? `[${there.dims}]` : "is missing"
    } in another`,
  );
}
