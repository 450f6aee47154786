/**
 * The exponential moving average, debiased: at the start, where little came before, it weighs what there is by how much that is.
 *
 * Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015 (section 3, the correction of the bias towards zero).
 */

/**
 * Values smoothed one after the other.
 *
 * @param weight how much of what came before counts, 0 (nothing) to below 1.
 * @returns as many values; one that is not finite stays as it is and counts for nothing.
 */
export function ema(values: ArrayLike<number>, weight: number): Float64Array {
  const out = new Float64Array(values.length);
  let mean = 0;
  let left = 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      out[i] = value;
      continue;
    }
    mean = weight * mean + (1 - weight) * value;
    left *= weight;
    out[i] = mean / (1 - left);
  }
  return out;
}
