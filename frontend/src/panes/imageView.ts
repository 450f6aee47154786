/** How an image lies in its pane: plain arithmetic of zoom and pan, in CSS pixels of the pane. */

export interface Size {
  width: number;
  height: number;
}
/** `scale` is CSS pixels per image pixel; (x, y) is where the image's corner lies in the pane. */
export interface View {
  scale: number;
  x: number;
  y: number;
}
export interface Point {
  x: number;
  y: number;
}

/** What is seen of an image, whatever its size and that of its pane: how much larger than when it fits, and what is in the middle, from 0 to 1. */
export interface Region {
  ratio: number;
  x: number;
  y: number;
}
/** How small and how large an image may be shown, in CSS pixels per image pixel; where it fits is always allowed. */
export interface Limits {
  least: number;
  most: number;
}

/** An image pixel is never shown larger than this. */
const MAX_SCALE = 96;
/** In a pane: never smaller than the whole image. */
const IN_PANE: Limits = { least: MAX_SCALE, most: MAX_SCALE };

/** The whole image, as large as it goes, in the middle. */
export function fit(image: Size, pane: Size): View {
  const scale = Math.min(pane.width / image.width, pane.height / image.height, MAX_SCALE);
  return settle({ scale: scale > 0 && Number.isFinite(scale) ? scale : 1, x: 0, y: 0 }, image, pane);
}

/** Zooms by a factor; what lies under `at` stays there. */
export function zoom(
  view: View,
  factor: number,
  at: Point,
  image: Size,
  pane: Size,
  limits: Limits = IN_PANE,
): View {
  const fitting = fit(image, pane).scale;
  const scale = Math.max(
    Math.min(fitting, limits.least),
    Math.min(Math.max(limits.most, fitting), view.scale * factor),
  );
  const ratio = scale / view.scale;
  return settle({ scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }, image, pane);
}

export function pan(view: View, dx: number, dy: number, image: Size, pane: Size): View {
  return settle({ ...view, x: view.x + dx, y: view.y + dy }, image, pane);
}

/** The image's pixel under a point of the pane, or null beside the image. */
export function pixelAt(view: View, at: Point, image: Size): Point | null {
  const x = Math.floor((at.x - view.x) / view.scale);
  const y = Math.floor((at.y - view.y) / view.scale);
  return x >= 0 && y >= 0 && x < image.width && y < image.height ? { x, y } : null;
}

/** Whether the view shows the whole image. */
export function isFit(view: View, image: Size, pane: Size): boolean {
  return Math.abs(view.scale / fit(image, pane).scale - 1) < 0.001;
}

/** What a view shows, apart from sizes. */
export function regionOf(view: View, image: Size, pane: Size): Region {
  return {
    ratio: view.scale / fit(image, pane).scale,
    x: (pane.width / 2 - view.x) / view.scale / image.width,
    y: (pane.height / 2 - view.y) / view.scale / image.height,
  };
}

/** The view of an image in a pane that shows a region, as near as limits allow. */
export function viewOf(region: Region, image: Size, pane: Size, limits: Limits = IN_PANE): View {
  const whole = fit(image, pane);
  const scale = whole.scale * region.ratio;
  const middle = { x: pane.width / 2, y: pane.height / 2 };
  const view = {
    scale,
    x: middle.x - region.x * image.width * scale,
    y: middle.y - region.y * image.height * scale,
  };
  return zoom(view, 1, middle, image, pane, limits);
}

export interface Tiles {
  columns: number;
  /** Height of a row, what is below the image included. */
  height: number;
  /** Whether all rows fit the pane. */
  fits: boolean;
}

/**
 * The grid of `count` tiles of one shape that makes the images largest. `extra` is what a tile needs beside its image, above, below and
 * at the sides alike. Where images would be narrower than `least`, the grid is as wide as the pane and scrolls.
 */
export function tileGrid(count: number, aspect: number, pane: Size, extra: number, least: number): Tiles {
  let best: Tiles & { width: number } = { columns: 1, height: 0, fits: false, width: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const width = Math.min(pane.width / columns - 8, (pane.height / rows - extra) * aspect);
    if (width > best.width) best = { columns, height: Math.floor(width / aspect + extra), fits: true, width };
  }
  if (best.width >= Math.min(least, least * aspect)) return best;
  const columns = Math.max(1, Math.floor(pane.width / (least + 8 + 32)));
  return { columns, height: Math.floor((pane.width / columns - 8) / aspect + extra), fits: false };
}

/** Along an axis where the image is smaller than the pane it stays in the middle; else it leaves no gap at the edges. */
function settle(view: View, image: Size, pane: Size): View {
  const along = (at: number, size: number, room: number) =>
    size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, at));
  return {
    scale: view.scale,
    x: along(view.x, image.width * view.scale, pane.width),
    y: along(view.y, image.height * view.scale, pane.height),
  };
}
