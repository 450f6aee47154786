import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/**
 * The data palette and the inks stay legible: for every pair of data colours there is a distance that survives the three kinds of
 * colour blindness, and text keeps 4.5 : 1. Simulation: Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation
 * of Color Vision Deficiency, 2009 (severity 1). Distance: CIE76 in Lab.
 */
const css = readFileSync(new URL('../styles/tokens.css', import.meta.url), 'utf8');
const [lightCss = '', darkCss = ''] = css.split(/:root\[data-theme=.dark.\]/);

type Rgb = [number, number, number];
const themes = { light: read(lightCss), dark: { ...read(lightCss), ...read(darkCss) } };

function read(text: string): Record<string, Rgb> {
  const found: Record<string, Rgb> = {};
  for (const [, name = '', hex = ''] of text.matchAll(/--([\w-]+):\s*#([0-9a-f]{6})\b/gi)) {
    found[name] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255) as Rgb;
  }
  return found;
}

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const times = (matrix: number[][], [r, g, b]: Rgb) =>
  matrix.map(([x = 0, y = 0, z = 0]) => Math.min(1, Math.max(0, x * r + y * g + z * b))) as Rgb;

const SEEN: Record<string, number[][]> = {
  everyone: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function lab(rgb: Rgb): Rgb {
  const xyz = times(
    [
      [0.4124, 0.3576, 0.1805],
      [0.2126, 0.7152, 0.0722],
      [0.0193, 0.1192, 0.9505],
    ],
    rgb,
  );
  const [x, y, z] = [xyz[0] / 0.95047, xyz[1], xyz[2] / 1.08883].map((value) =>
    value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116,
  ) as Rgb;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const luminance = (rgb: Rgb) => {
  const [r, g, b] = rgb.map(linear) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: Rgb, b: Rgb) => {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

describe.each(Object.entries(themes))('%s theme', (_, colour) => {
  const get = (name: string): Rgb => {
    const value = colour[name];
    if (!value) throw new Error(`no --${name}`);
    return value;
  };

  it.each(['ink', 'ink-2', 'ink-3', 'accent', 'bad', 'ok', 'warn'])('--%s is legible as text', (name) => {
    for (const under of ['surface', 'canvas', 'raised']) {
      expect(contrast(get(name), get(under)), under).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each([
    ['on-accent', 'accent'],
    ['on-bad', 'bad'],
    ['accent', 'accent-wash'],
    ['ok', 'ok-wash'],
    ['warn', 'warn-wash'],
    ['bad', 'bad-wash'],
  ])('--%s is legible on --%s', (over, under) => {
    expect(contrast(get(over), get(under))).toBeGreaterThanOrEqual(4.5);
  });

  it('outlines controls at 3 : 1', () => {
    expect(contrast(get('edge'), get('surface'))).toBeGreaterThanOrEqual(3);
  });

  it.each(Object.entries(SEEN))('data colours differ for %s', (_who, matrix) => {
    const seen = Array.from({ length: 10 }, (_unused, index) =>
      lab(times(matrix, get(`data-${index + 1}`).map(linear) as Rgb)),
    );
    for (const [i, a] of seen.entries()) {
      for (const [j, b] of seen.entries()) {
        if (i < j)
          expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]), `${i + 1}/${j + 1}`).toBeGreaterThan(7);
      }
    }
  });
});
