import { PythonRandom } from "../random/python_random.ts";

/** Score of a document: a number, or a total with its weight. */
export type MetricValue = number | readonly [total: number, weight: number];

/** Aggregation of a metric over the documents of a task. */
export interface Metric {
  /** Whether higher values are better. */
  readonly higherIsBetter: boolean;
  /** Aggregates document scores to the value of a task. */
  aggregate(values: readonly MetricValue[]): number;
  /**
   * Returns the standard error of that value, from at least two documents; absent if the harness reports
   * none.
   */
  standardError?(values: readonly MetricValue[], bootstrapIterations: number): number;
}

const MEAN: Metric = {
  higherIsBetter: true,
  aggregate: (values) => mean(values as number[]),
  standardError: (values) => deviation(values as number[]) / Math.sqrt(values.length),
};

const WEIGHTED = (read: (ratio: number) => number): Metric => ({
  higherIsBetter: false,
  aggregate: (values) => read(ratio(values as (readonly [number, number])[])),
});

/** Metrics by name in result files. */
export const METRICS: Readonly<Record<string, Metric>> = {
  acc: MEAN,
  acc_norm: MEAN,
  exact_match: MEAN,
  acc_bytes: MEAN,
  brier_score: {
    higherIsBetter: false,
    aggregate: (values) => mean(values as number[]),
  },
  loss: WEIGHTED((ratio) => -ratio),
  token_perplexity: WEIGHTED((ratio) => Math.exp(-ratio)),
  perplexity: {
    higherIsBetter: false,
    aggregate: (values) => Math.exp(-mean(values as number[])),
    standardError: (values, iterations) => bootstrapError(values as number[], iterations),
  },
  word_perplexity: WEIGHTED((ratio) => Math.exp(-ratio)),
  byte_perplexity: WEIGHTED((ratio) => Math.exp(-ratio)),
  bits_per_byte: WEIGHTED((ratio) => -ratio / Math.log(2)),
};

/** Resamples per seed. */
const CHUNK = 1000;

/** Returns the standard deviation of the perplexity over resamples, drawn as in the harness. */
function bootstrapError(values: readonly number[], iterations: number): number {
  const size = Math.min(CHUNK, iterations);
  const found: number[] = [];
  for (let chunk = 0; chunk < Math.floor(iterations / size); chunk++) {
    const random = new PythonRandom(chunk);
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (const at of random.choices(values.length, values.length)) sum += values[at];
      found.push(Math.exp(-sum / values.length));
    }
  }
  return deviation(found);
}

function ratio(values: readonly (readonly [number, number])[]): number {
  const sum = (at: 0 | 1) => values.reduce((total, value) => total + value[at], 0);
  return sum(0) / sum(1);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
