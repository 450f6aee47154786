import { describe, expect, it } from 'vitest';
import { fit, isFit, pan, pixelAt, tileGrid, zoom } from './imageView';

const image = { width: 100, height: 50 };
const pane = { width: 400, height: 400 };

describe('an image in its pane', () => {
  it('is fitted in the middle', () => {
    expect(fit(image, pane)).toEqual({ scale: 4, x: 0, y: 100 });
    expect(fit({ width: 800, height: 200 }, pane)).toEqual({ scale: 0.5, x: 0, y: 150 });
  });

  it('keeps what is under the cursor when zoomed', () => {
    const at = { x: 310, y: 190 };
    const before = pixelAt(fit(image, pane), at, image);
    const zoomed = zoom(fit(image, pane), 3, at, image, pane);
    expect(pixelAt(zoomed, at, image)).toEqual(before);
    expect(isFit(zoomed, image, pane)).toBe(false);
  });

  it('is never smaller than whole', () => {
    const view = fit(image, pane);
    expect(zoom(view, 0.1, { x: 0, y: 0 }, image, pane)).toEqual(view);
  });

  it('cannot be pushed out of the pane', () => {
    const zoomed = zoom(fit(image, pane), 4, { x: 200, y: 200 }, image, pane);
    const pushed = pan(zoomed, 1e6, -1e6, image, pane);
    expect(pushed.x).toBe(0);
    expect(pushed.y).toBe(pane.height - image.height * pushed.scale);
  });

  it('says which pixel lies under a point', () => {
    const view = fit(image, pane);
    expect(pixelAt(view, { x: 0, y: 100 }, image)).toEqual({ x: 0, y: 0 });
    expect(pixelAt(view, { x: 399.9, y: 299.9 }, image)).toEqual({ x: 99, y: 49 });
    expect(pixelAt(view, { x: 10, y: 99 }, image)).toBeNull();
  });
});

describe('several images', () => {
  it('are as large as the pane allows', () => {
    expect(tileGrid(4, 1, { width: 400, height: 400 }, 8, 40)).toMatchObject({
      columns: 2,
      height: 200,
      fits: true,
    });
    expect(tileGrid(3, 1, { width: 900, height: 320 }, 28, 40)).toMatchObject({ columns: 3, fits: true });
    expect(tileGrid(3, 1, { width: 200, height: 900 }, 28, 40)).toMatchObject({ columns: 1, fits: true });
  });

  it('scroll before they become too small', () => {
    expect(tileGrid(100, 1, { width: 400, height: 300 }, 28, 56)).toMatchObject({ columns: 4, fits: false });
  });

  it('have some height in a pane that has none yet', () => {
    expect(tileGrid(2, 1, { width: -8, height: -8 }, 28, 56).columns).toBe(1);
  });
});
