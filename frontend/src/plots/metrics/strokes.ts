/** Puts curves on a canvas: bands, pale lines, lines, and dots where points stand alone or few. */

import { placeOf, type Band, type Curve, type Numbers, type Points } from './curves';

/** From values to pixels of the canvas: `at = offset + scale · (isLog ? log10(value) : value)`. */
export interface Projection {
  readonly offset: number;
  readonly scale: number;
  readonly isLog: boolean;
}

export interface Sheet {
  context: CanvasRenderingContext2D;
  /** The plot's area in pixels of the canvas. */
  box: { left: number; top: number; width: number; height: number };
  x: Projection;
  y: Projection;
  /** The range of x on screen. */
  view: readonly [number, number];
  /** Pixels of the canvas in one of the page. */
  ratio: number;
}

const LINE = 1.5;
/** So many lines in one pane are drawn thinner: they would cover each other. */
const MANY = 24;
const DOT = 2.5;
/** Points further apart than this, in pixels of the page, are marked. */
const DOT_ROOM = 9;
const PALE = 0.3;
const BAND = 0.2;
const EDGE = 0.45;
/** More bands than this hide each other. */
const MOST_BANDS = 12;

export function draw(sheet: Sheet, curves: readonly Curve[]): void {
  const { context, box, ratio } = sheet;
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  const thin = curves.length > MANY;
  context.lineJoin = thin ? 'bevel' : 'round';
  for (const curve of curves) {
    if (curve.band) fill(sheet, curve.band, curve, curves.length <= MOST_BANDS);
  }
  for (const { behind, colour, rises } of curves) {
    if (!behind) continue;
    context.strokeStyle = colour;
    context.globalAlpha = PALE;
    context.lineWidth = ratio;
    stroke(sheet, behind, rises);
  }
  context.globalAlpha = 1;
  for (const curve of curves) {
    context.strokeStyle = context.fillStyle = curve.colour;
    context.lineWidth = (thin ? 1 : LINE) * ratio;
    context.setLineDash(curve.dash.map((length) => length * ratio));
    stroke(sheet, curve, curve.rises);
    context.setLineDash([]);
    if (!curve.band) dot(sheet, curve, curve.rises);
  }
  context.restore();
}

function fill(sheet: Sheet, band: Band, { colour, rises }: Curve, isFilled: boolean): void {
  const { context, ratio } = sheet;
  context.strokeStyle = context.fillStyle = colour;
  if (isFilled) {
    context.globalAlpha = BAND;
    for (const [from, to] of runs(sheet, band, rises)) {
      context.beginPath();
      for (let i = from; i < to; i++) context.lineTo(across(sheet, band.x[i]!), up(sheet, band.low[i]!));
      for (let i = to - 1; i >= from; i--)
        context.lineTo(across(sheet, band.x[i]!), up(sheet, band.high[i]!));
      context.fill();
    }
  }
  context.globalAlpha = isFilled ? EDGE : PALE;
  context.lineWidth = ratio;
  stroke(sheet, { x: band.x, y: band.low }, rises);
  stroke(sheet, { x: band.x, y: band.high }, rises);
  context.globalAlpha = 1;
}

/** Stretches of a band that are on screen and have values, as places from … to - 1. */
function runs(sheet: Sheet, { x, low, high }: Band, rises: boolean): [number, number][] {
  const found: [number, number][] = [];
  const [begin, end] = inView(sheet, x, rises);
  let start = -1;
  for (let i = begin; i <= end; i++) {
    const isThere = i < end && shows(sheet.y, low[i]!) && shows(sheet.y, high[i]!) && shows(sheet.x, x[i]!);
    if (isThere && start < 0) start = i;
    else if (!isThere && start >= 0) {
      found.push([start, i]);
      start = -1;
    }
  }
  return found;
}

function stroke(sheet: Sheet, { x, y }: Points, rises: boolean): void {
  const { context, box, ratio } = sheet;
  const [from, to] = inView(sheet, x, rises);
  const isDense = rises && to - from > 4 * box.width;
  context.beginPath();
  let isDown = false;
  // Of many points in one column of pixels, the lowest, the highest and the last are what is seen.
  let column = NaN;
  let least = 0;
  let most = 0;
  let last = 0;
  const flush = (): void => {
    if (Number.isNaN(column)) return;
    if (most - least > ratio / 2) {
      context.lineTo(column, least);
      context.lineTo(column, most);
    }
    context.lineTo(column, last);
    column = NaN;
  };
  for (let i = from; i < to; i++) {
    const value = y[i]!;
    if (!shows(sheet.y, value) || !shows(sheet.x, x[i]!)) {
      flush();
      isDown = false;
      continue;
    }
    const px = across(sheet, x[i]!);
    const py = up(sheet, value);
    if (!isDown) {
      context.moveTo(px, py);
      isDown = true;
    } else if (!isDense) context.lineTo(px, py);
    if (!isDense) continue;
    const at = Math.round(px);
    if (at !== column) {
      flush();
      column = at;
      least = most = py;
    } else if (py < least) least = py;
    else if (py > most) most = py;
    last = py;
  }
  flush();
  context.stroke();
}

function dot(sheet: Sheet, { x, y }: Points, rises: boolean): void {
  const { context, box, ratio } = sheet;
  const [from, to] = inView(sheet, x, rises);
  const few = (to - from) * DOT_ROOM * ratio <= box.width;
  const isThere = (i: number): boolean =>
    i >= 0 && i < x.length && shows(sheet.y, y[i]!) && shows(sheet.x, x[i]!);
  context.beginPath();
  for (let i = from; i < to; i++) {
    if (!isThere(i) || (!few && (isThere(i - 1) || isThere(i + 1)))) continue;
    const px = across(sheet, x[i]!);
    const py = up(sheet, y[i]!);
    context.moveTo(px + DOT * ratio, py);
    context.arc(px, py, DOT * ratio, 0, 2 * Math.PI);
  }
  context.fill();
}

/** The places on screen, and one more at each side. */
function inView({ view }: Sheet, x: Numbers, rises: boolean): [number, number] {
  if (!rises) return [0, x.length];
  const from = Math.max(0, placeOf(x, view[0]) - 1);
  let to = placeOf(x, view[1]);
  while (to < x.length && x[to] === view[1]) to++;
  return [from, Math.min(x.length, to + 1)];
}

function shows({ isLog }: Projection, value: number): boolean {
  return Number.isFinite(value) && (!isLog || value > 0);
}

const across = ({ x }: Sheet, value: number): number =>
  x.offset + x.scale * (x.isLog ? Math.log10(value) : value);
const up = ({ y }: Sheet, value: number): number =>
  y.offset + y.scale * (y.isLog ? Math.log10(value) : value);
