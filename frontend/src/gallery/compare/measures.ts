/**
 * How alike two pictures of one size are, in the two numbers that papers give. Pixels come as a canvas gives them: four bytes each, of
 * which the last, opacity, is not looked at. Rows are gone through one by one, so that a large picture needs little memory beside its own
 * and whoever computes can pause.
 *
 * PSNR is taken over red, green and blue together: 10 log10(255² / the mean squared difference), infinite where there is none.
 *
 * SSIM is taken on luminance (0.299 R + 0.587 G + 0.114 B), with a Gaussian window of 11 × 11 and σ = 1.5, K1 = 0.01, K2 = 0.03 and a
 * range of 255, and is the mean over all places where the window lies wholly in the picture. Where a picture is less than 11 pixels
 * wide or high, the window is cut off at its edges and weighted anew. Source: Wang, Bovik, Sheikh and Simoncelli, Image Quality
 * Assessment: From Error Visibility to Structural Similarity, 2004.
 */

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, opacity of each pixel, row by row. */
  readonly data: Uint8ClampedArray;
}

export interface Measures {
  /** In decibels; infinite for pictures that are equal. */
  readonly psnr: number;
  /** 1 for pictures that are equal, below for others. */
  readonly ssim: number;
}

export const WINDOW = 11;
const SIGMA = 1.5;
const RANGE = 255;
const C1 = (0.01 * RANGE) ** 2;
const C2 = (0.03 * RANGE) ** 2;
/** Rows between two pauses hold about so many pixels. */
const PIXELS_A_TURN = 100_000;

/** Sums to one. */
const KERNEL = (() => {
  const bell = Float64Array.from({ length: WINDOW }, (_, i) =>
    Math.exp(-((i - (WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = bell.reduce((total, weight) => total + weight, 0);
  return bell.map((weight) => weight / sum);
})();

/** Where the window lies along one side of the picture: from which pixel on, and with which weights. */
interface Place {
  readonly from: number;
  readonly weights: Float64Array;
}

function placesAlong(length: number): Place[] {
  if (length >= WINDOW) {
    return Array.from({ length: length - WINDOW + 1 }, (_, from) => ({ from, weights: KERNEL }));
  }
  const half = (WINDOW - 1) / 2;
  return Array.from({ length }, (_, centre) => {
    const from = Math.max(0, centre - half);
    const to = Math.min(length, centre + half + 1);
    const cut = KERNEL.slice(from - centre + half, to - centre + half);
    const sum = cut.reduce((total, weight) => total + weight, 0);
    return { from, weights: cut.map((weight) => weight / sum) };
  });
}

/** Both measures at once. */
export function measure(a: Pixels, b: Pixels): Measures {
  const steps = measuring(a, b);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same with pauses; what it yields says how far it is, from 0 to 1. */
export function* measuring(a: Pixels, b: Pixels): Generator<number, Measures> {
  if (a.width !== b.width || a.height !== b.height) throw new Error('The pictures differ in size.');
  const { width, height } = a;
  const across = placesAlong(width);
  const down = placesAlong(height);
  const turn = Math.max(1, Math.floor(PIXELS_A_TURN / width));
  // The last rows, filtered across: means of a, b, a², b² and ab. Rows take turns in it.
  const held = Array.from({ length: 5 }, () =>
    Array.from({ length: Math.min(WINDOW, height) }, () => new Float64Array(across.length)),
  );
  const lightA = new Float64Array(width);
  const lightB = new Float64Array(width);
  let squares = 0;
  let similar = 0;
  let next = 0;
  for (let y = 0; y < height; y += 1) {
    squares += squaredDifference(a.data, b.data, y * width * 4, width * 4);
    luminance(a.data, y * width * 4, lightA);
    luminance(b.data, y * width * 4, lightB);
    filterAcross(lightA, lightB, across, held, y % WINDOW);
    while (next < down.length && down[next]!.from + down[next]!.weights.length - 1 <= y) {
      similar += rowOf(held, down[next]!, across.length);
      next += 1;
    }
    if (y % turn === turn - 1) yield (y + 1) / height;
  }
  const meanSquare = squares / (width * height * 3);
  return {
    psnr: meanSquare === 0 ? Infinity : 10 * Math.log10(RANGE ** 2 / meanSquare),
    ssim: similar / (across.length * down.length),
  };
}

function squaredDifference(a: Uint8ClampedArray, b: Uint8ClampedArray, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i += 4) {
    const r = a[i]! - b[i]!;
    const g = a[i + 1]! - b[i + 1]!;
    const blue = a[i + 2]! - b[i + 2]!;
    sum += r * r + g * g + blue * blue;
  }
  return sum;
}

function luminance(data: Uint8ClampedArray, from: number, into: Float64Array): void {
  for (let x = 0, i = from; x < into.length; x += 1, i += 4) {
    into[x] = 0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!;
  }
}

function filterAcross(
  a: Float64Array,
  b: Float64Array,
  across: readonly Place[],
  held: readonly (readonly Float64Array[])[],
  row: number,
): void {
  const [meanA, meanB, squareA, squareB, product] = held.map((rows) => rows[row]!) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let x = 0; x < across.length; x += 1) {
    const { from, weights } = across[x]!;
    let [ma, mb, aa, bb, ab] = [0, 0, 0, 0, 0];
    for (let i = 0; i < weights.length; i += 1) {
      const weight = weights[i]!;
      const p = a[from + i]!;
      const q = b[from + i]!;
      ma += weight * p;
      mb += weight * q;
      aa += weight * p * p;
      bb += weight * q * q;
      ab += weight * p * q;
    }
    meanA[x] = ma;
    meanB[x] = mb;
    squareA[x] = aa;
    squareB[x] = bb;
    product[x] = ab;
  }
}

/** Similarity summed over all places of the window in one row of them. */
function rowOf(held: readonly (readonly Float64Array[])[], { from, weights }: Place, width: number): number {
  let sum = 0;
  for (let x = 0; x < width; x += 1) {
    let [ma, mb, aa, bb, ab] = [0, 0, 0, 0, 0];
    for (let i = 0; i < weights.length; i += 1) {
      const weight = weights[i]!;
      const row = (from + i) % WINDOW;
      ma += weight * held[0]![row]![x]!;
      mb += weight * held[1]![row]![x]!;
      aa += weight * held[2]![row]![x]!;
      bb += weight * held[3]![row]![x]!;
      ab += weight * held[4]![row]![x]!;
    }
    const both = ma * mb;
    const squares = ma * ma + mb * mb;
    sum += ((2 * both + C1) * (2 * (ab - both) + C2)) / ((squares + C1) * (aa - ma * ma + bb - mb * mb + C2));
  }
  return sum;
}
