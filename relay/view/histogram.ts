import { stepBegin, stepOf } from "./steps.ts";

/** Buckets that each power of two is divided into. */
const BUCKETS = 128;
/** Bits of that. */
const BUCKET_BITS = 7;
/** Powers of two up to 2^53. */
const POWERS = 53 - BUCKET_BITS;

/** A part of a histogram, as it is drawn. */
export interface Bar {
  /** From which value on it counts. */
  readonly from: number;
  /** Up to which it does. */
  readonly to: number;
  /** How many values those are. */
  readonly count: number;
}

/**
 * How often values have come, without keeping them: nanoseconds, or other integers from 0 to 2^53. A value
 * below 256 is counted for itself; of larger ones as many as 1/128 of the power of two below them share a
 * bucket, in whose middle they are taken to be. So a percentile is wrong by 0.4 % at most; count, sum, least,
 * largest and bars are exact. 50 KiB at most, whatever comes.
 */
export class Histogram {
  /** Grows to the largest bucket there is a value for. */
  #counts = new Float64Array(2 * BUCKETS);
  /** Counts of the values in each step, first of those below 1. */
  readonly #steps: number[] = [];
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  /** Counts a value; what is not in there is counted as the next that is. */
  add(value: number): void {
    const integer = Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(value)));
    const bucket = bucketOf(integer);
    if (bucket >= this.#counts.length) this.#grow(bucket);
    this.#counts[bucket]++;
    const step = stepOf(integer) + 1;
    this.#steps[step] = (this.#steps[step] ?? 0) + 1;
    this.#count++;
    this.#sum += integer;
    if (integer < this.#min) this.#min = integer;
    if (integer > this.#max) this.#max = integer;
  }

  /** How many values there were. */
  get count(): number {
    return this.#count;
  }

  /** What they are together. */
  get sum(): number {
    return this.#sum;
  }

  /** The least; `Infinity` of none. */
  get min(): number {
    return this.#min;
  }

  /** The largest; `-Infinity` of none. */
  get max(): number {
    return this.#max;
  }

  /** What the share `p` of the values, 0 to 1, is not above; `NaN` of none. */
  percentile(p: number): number {
    if (this.#count === 0) return NaN;
    const rank = Math.max(1, Math.ceil(p * this.#count));
    let passed = 0;
    let bucket = -1;
    while (passed < rank) passed += this.#counts[++bucket];
    return Math.min(this.#max, Math.max(this.#min, middleOf(bucket)));
  }

  /** Bars from 1 to 2, 2 to 5, 5 to 10 and so on, from the first that has values to the last; none of none. */
  bars(): Bar[] {
    if (this.#count === 0) return [];
    const [first, last] = [stepOf(this.#min), stepOf(this.#max)];
    return Array.from({ length: last - first + 1 }, (_, i) => {
      const step = first + i;
      const from = step < 0 ? 0 : stepBegin(step);
      return { from, to: stepBegin(step + 1), count: this.#steps[step + 1] ?? 0 };
    });
  }

  #grow(bucket: number): void {
    const length = Math.min((POWERS + 2) * BUCKETS, Math.max(bucket + 1, 2 * this.#counts.length));
    const larger = new Float64Array(length);
    larger.set(this.#counts);
    this.#counts = larger;
  }
}

/** Bits that a value of a bucket has below those that choose the bucket. */
function shiftOf(value: number): number {
  return Math.max(0, powerOf(value) - BUCKET_BITS);
}

/** The bucket of a value: below 256 itself; from there 128 for each power of two. */
function bucketOf(value: number): number {
  const shift = shiftOf(value);
  return shift * BUCKETS + Math.floor(value / 2 ** shift);
}

/** The value in the middle of a bucket. */
function middleOf(bucket: number): number {
  if (bucket < 2 * BUCKETS) return bucket;
  const shift = Math.floor(bucket / BUCKETS) - 1;
  const width = 2 ** shift;
  return (bucket - shift * BUCKETS) * width + (width - 1) / 2;
}

/** The largest power of two that is not above a value from 1 on: its exponent. */
function powerOf(value: number): number {
  if (value < 2 ** 31) return 31 - Math.clz32(value);
  return 31 + 31 - Math.clz32(Math.floor(value / 2 ** 31));
}
