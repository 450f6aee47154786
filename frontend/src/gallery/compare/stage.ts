/** Draws two pictures of one size as a way of comparing them asks for. Lengths are CSS pixels of the stage. */

import type { Size, View } from '../../panes/imageView';

/** Ways of comparing, in the order in which they are offered. */
export const WAYS = ['swipe', 'blink', 'difference', 'beside'] as const;
export type Way = (typeof WAYS)[number];

export interface Scene {
  readonly way: Way;
  readonly first: ImageBitmap;
  readonly second: ImageBitmap;
  readonly difference: ImageBitmap | null;
  /** How much of the stage's width, 0 to 1, shows the first picture. */
  readonly split: number;
  /** Whether the second is shown, where one is shown at a time. */
  readonly isSecond: boolean;
}

/** Width of the line between two pictures side by side. */
export const GAP = 2;

/** The part of the stage that one picture has for itself. */
export function roomOf(way: Way, stage: Size): Size {
  return way === 'beside' ? { width: Math.max(0, (stage.width - GAP) / 2), height: stage.height } : stage;
}

/** How far right of the stage's edge the second of two pictures side by side begins. */
export const besideAt = (stage: Size): number => roomOf('beside', stage).width + GAP;

export function paint(
  context: CanvasRenderingContext2D,
  stage: Size,
  density: number,
  view: View,
  scene: Scene,
): void {
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, stage.width, stage.height);
  const picture = (what: ImageBitmap, from: number, to: number, shift = 0) => {
    if (to <= from) return;
    context.save();
    context.beginPath();
    context.rect(from, 0, to - from, stage.height);
    context.clip();
    // A pixel that is larger than one of the screen keeps its edges.
    context.imageSmoothingEnabled = view.scale * density < 1;
    context.imageSmoothingQuality = 'high';
    const [width, height] = [what.width * view.scale, what.height * view.scale];
    context.fillStyle = '#fff';
    context.fillRect(view.x + shift, view.y, width, height);
    context.drawImage(what, view.x + shift, view.y, width, height);
    context.restore();
  };
  const { way, first, second, difference, split, isSecond } = scene;
  if (way === 'swipe') {
    picture(first, 0, split * stage.width);
    picture(second, split * stage.width, stage.width);
  } else if (way === 'beside') {
    picture(first, 0, roomOf(way, stage).width);
    picture(second, besideAt(stage), stage.width, besideAt(stage));
  } else if (way === 'difference') {
    if (difference) picture(difference, 0, stage.width);
  } else {
    picture(isSecond ? second : first, 0, stage.width);
  }
}
