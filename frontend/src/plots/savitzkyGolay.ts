/**
 * Smoothing as Savitzky and Golay do it: a cubic is fitted to each point's neighbours, and its value there is taken. Peaks keep more of
 * their height than under a moving average.
 *
 * Source: Gorry, General least-squares smoothing and differentiation by the convolution method, 1990 (weights from Gram polynomials,
 * at the ends too).
 */

const ORDER = 3;
/** Fewer points than this are left as they are. */
const LEAST = 6;

/**
 * The values smoothed over `window` neighbours each (odd; made so, at least 5, and at most as many as there are). A value that is no
 * number is a gap: what lies beyond it does not count.
 */
export function smooth(values: ArrayLike<number>, window: number): Float64Array {
  const out = Float64Array.from(values);
  let start = 0;
  for (let i = 0; i <= values.length; i++) {
    if (i < values.length && Number.isFinite(values[i])) continue;
    smoothRun(values, start, i, window, out);
    start = i + 1;
  }
  return out;
}

function smoothRun(
  values: ArrayLike<number>,
  from: number,
  to: number,
  window: number,
  out: Float64Array,
): void {
  const n = to - from;
  if (n < LEAST) return;
  const half = Math.floor((Math.max(5, Math.min(window, n)) - 1) / 2);
  const middle = weights(half, 0);
  for (let i = from; i < to; i++) {
    const center = Math.min(Math.max(i, from + half), to - 1 - half);
    const table = center === i ? middle : weights(half, i - center);
    let sum = 0;
    for (let k = -half; k <= half; k++) sum += table[k + half]! * values[center + k]!;
    out[i] = sum;
  }
}

const tables = new Map<string, Float64Array>();

/** What each of 2·half + 1 neighbours counts for the value at place `at` among them. */
function weights(half: number, at: number): Float64Array {
  const key = `${half} ${at}`;
  let table = tables.get(key);
  if (!table) {
    if (tables.size > 2_000) tables.clear();
    table = new Float64Array(2 * half + 1);
    const here = gram(half, at);
    for (let i = -half; i <= half; i++) {
      const there = gram(half, i);
      let sum = 0;
      for (let order = 0; order <= ORDER; order++) {
        sum += (2 * order + 1) * ratio(half, order) * there[order]! * here[order]!;
      }
      table[i + half] = sum;
    }
    tables.set(key, table);
  }
  return table;
}

/** (2m)(2m − 1)… over (2m + k + 1)(2m + k)…: `order` factors above, one more below. */
function ratio(half: number, order: number): number {
  let value = 1 / (2 * half + order + 1);
  for (let k = 0; k < order; k++) value *= (2 * half - k) / (2 * half + order - k);
  return value;
}

/** The Gram polynomials of orders 0 to ORDER at a place. */
function gram(half: number, at: number): number[] {
  const values = [1, at / half];
  for (let k = 2; k <= ORDER; k++) {
    const below = k * (2 * half - k + 1);
    values.push(
      ((4 * k - 2) / below) * at * values[k - 1]! - (((k - 1) * (2 * half + k)) / below) * values[k - 2]!,
    );
  }
  return values;
}
