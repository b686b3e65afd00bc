import { InputError } from "../input/input_error.ts";
import { createHash } from "node:crypto";
import { assignSamples } from "./assign_samples.ts";
import { sampleDigest, sampleId } from "./sample_digest.ts";

/** Fraction of the samples that is never trained on. */
const HELD_OUT_FRACTION = 0.05;

/**
 * Tokens of a run, split into samples. A sample is `sequence` tokens with the next token of each as its
 * target: every token is a target once, document ends included. The last samples are held out.
 */
export class Corpus {
  /** Number of samples that peers are assigned. */
  readonly trainSamples: number;
  /** Number of samples held out for measuring loss. */
  readonly heldOutSamples: number;

  /**
   * @param tokens All tokens, documents concatenated.
   * @param sequence Tokens per sample.
   * @throws InputError when there is not one sample to train on and one to hold out.
   */
  constructor(readonly tokens: Uint32Array<ArrayBuffer>, readonly sequence: number) {
    const samples = Math.floor((tokens.length - 1) / sequence);
    if (samples < 2) {
      throw new InputError(
        `Cannot use text: too short, ${tokens.length} tokens, need ${
          2 * sequence + 1
        } (2 x the sequence length + 1)`,
      );
    }
    this.heldOutSamples = Math.max(1, Math.floor(samples * HELD_OUT_FRACTION));
    this.trainSamples = samples - this.heldOutSamples;
  }

  /** Returns a peer's samples in a window, and the digest of their ids. */
  assign(uid: number, window: number, count: number): { samples: Uint32Array; digest: string } {
    const samples = this.assigned(uid, window, count);
    const ids = [...samples].map((sample) => {
      const start = sample * this.sequence;
      return sampleId(this.tokens.subarray(start, start + this.sequence));
    });
    return { samples, digest: sampleDigest(ids) };
  }

  /** Returns a peer's samples in a window, in the order of its steps. */
  assigned(uid: number, window: number, count: number): Uint32Array {
    return assignSamples(uid, window, this.trainSamples, count);
  }

  /** Returns tokens and targets of samples, [samples, sequence] each. */
  batch(samples: ArrayLike<number>): {
    tokens: Int32Array<ArrayBuffer>;
    targets: Int32Array<ArrayBuffer>;
  } {
    const { sequence } = this;
    const tokens = new Int32Array(samples.length * sequence);
    const targets = new Int32Array(samples.length * sequence);
    for (let i = 0; i < samples.length; i++) {
      const start = samples[i] * sequence;
      tokens.set(this.tokens.subarray(start, start + sequence), i * sequence);
      targets.set(this.tokens.subarray(start + 1, start + sequence + 1), i * sequence);
    }
    return { tokens, targets };
  }

  /** Returns the indices of at most `count` held-out samples, evenly spread. */
  heldOut(count: number): number[] {
    const taken = Math.min(count, this.heldOutSamples);
    return Array.from(
      { length: taken },
      (_, i) => this.trainSamples + Math.floor((i * this.heldOutSamples) / taken),
    );
  }

  /** Returns the entropy of single tokens in nats: the loss of a unigram baseline. */
  unigramEntropy(): number {
    const counts = new Map<number, number>();
    for (const token of this.tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    let entropy = 0;
    for (const count of counts.values()) {
      const share = count / this.tokens.length;
      entropy -= share * Math.log(share);
    }
    return entropy;
  }

  /** Returns the SHA-256 of the tokens; runs over different text are different runs. */
  digest(): string {
    return createHash("sha256").update(new Uint8Array(this.tokens.buffer)).digest("hex");
  }
}
