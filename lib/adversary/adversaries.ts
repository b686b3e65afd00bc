import type { Behaviour } from "../swarm/behaviour.ts";
import { copyExact } from "./copy_exact.ts";
import { copyNoise } from "./copy_noise.ts";
import { copyPermuted } from "./copy_permuted.ts";
import { equivocating } from "./equivocating.ts";
import { freeRider } from "./free_rider.ts";
import { late } from "./late.ts";
import { malformed } from "./malformed.ts";
import { nonFinite } from "./non_finite.ts";
import { oversized } from "./oversized.ts";
import { partial } from "./partial.ts";
import { randomValues } from "./random_values.ts";
import { scaled } from "./scaled.ts";
import { signFlip } from "./sign_flip.ts";
import { slowPoison } from "./slow_poison.ts";
import { stale } from "./stale.ts";
import { wrongData } from "./wrong_data.ts";
import { zero } from "./zero.ts";

/** Kinds of misbehaving peers by name, each with a summary and a factory. */
export const ADVERSARIES: Readonly<
  Record<string, { readonly summary: string; readonly create: () => Behaviour }>
> = {
  zero: { summary: "trains, sends zeros", create: zero },
  random: { summary: "sends random entries of an honest size", create: randomValues },
  "sign-flip": { summary: "negates its pseudo-gradient", create: signFlip },
  scaled: { summary: "sends values a million times too large", create: scaled },
  stale: { summary: "trains once, sends that in every window", create: stale },
  copy: { summary: "sends another peer's bytes of the same window", create: copyExact },
  "copy-permuted": {
    summary: "sends another peer's values of the previous window, recoded",
    create: copyPermuted,
  },
  "copy-noise": {
    summary: "sends another peer's values of the previous window, with noise",
    create: copyNoise,
  },
  "free-rider": {
    summary: "never trains, sends the average of the previous window",
    create: freeRider,
  },
  "wrong-data": { summary: "trains on samples that it was not assigned", create: wrongData },
  partial: { summary: "trains on half of its samples", create: partial },
  "non-finite": { summary: "sends a NaN", create: nonFinite },
  oversized: { summary: "sends more bytes than a model of this size can need", create: oversized },
  malformed: { summary: "sends damaged bytes with a matching manifest", create: malformed },
  late: { summary: "uploads after the deadline", create: late },
  equivocating: { summary: "shows different bytes to later readers", create: equivocating },
  "slow-poison": {
    summary: "negates its pseudo-gradient in every third window",
    create: slowPoison,
  },
};
