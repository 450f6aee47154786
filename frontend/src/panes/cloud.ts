/** A cloud of points: which there are, where they lie in the pane, and which of them a lasso holds. Plain arithmetic. */

import type { Point, Size } from './imageView';

export interface Entity {
  group: number;
  name: string;
  label: string;
  x: number;
  y: number;
  idx: number;
}

/** From the cloud's own numbers to CSS pixels: `scale` pixels per unit, y upwards; (x, y) is where its origin lies. */
export interface CloudView {
  scale: number;
  x: number;
  y: number;
}

/** Points this near to the edge of the pane are still seen whole. */
const MARGIN = 16;
const NEAR_PX = 12;

/** The points of an embeddings window; what has no position is left out. */
export function entitiesOf(content: unknown): Entity[] {
  const data = (content as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) return [];
  return data.flatMap((point: Record<string, unknown>, i): Entity[] => {
    const [x, y] = Array.isArray(point?.['position']) ? point['position'] : [];
    if (typeof x !== 'number' || typeof y !== 'number' || !Number.isFinite(x + y)) return [];
    return [
      {
        group: Number(point['group'] ?? 0) || 0,
        name: String(point['name'] ?? `Entity ${i}`),
        label: String(point['label'] ?? ''),
        x,
        y,
        idx: Number(point['idx'] ?? i),
      },
    ];
  });
}

/** Whether two clouds are the same: a window that only got a preview is sent whole, too. */
export function isSameCloud(a: readonly Entity[], b: readonly Entity[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i]!;
      return one.x === other.x && one.y === other.y && one.idx === other.idx && one.group === other.group;
    })
  );
}

/** The whole cloud, as large as it goes, in the middle. */
export function fitCloud(entities: readonly Entity[], pane: Size): CloudView {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of entities) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  if (left > right) return { scale: 1, x: pane.width / 2, y: pane.height / 2 };
  const room = (size: number) => Math.max(1, size - 2 * MARGIN);
  const scale = Math.min(
    room(pane.width) / Math.max(right - left, 1e-9),
    room(pane.height) / Math.max(top - bottom, 1e-9),
  );
  return {
    scale,
    x: pane.width / 2 - ((left + right) / 2) * scale,
    y: pane.height / 2 + ((bottom + top) / 2) * scale,
  };
}

/** Zooms by a factor; what lies under `at` stays there. */
export function zoomCloud(view: CloudView, factor: number, at: Point, least: number): CloudView {
  const scale = Math.max(least / 4, Math.min(least * 1e4, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio };
}

export const screenX = (view: CloudView, entity: Entity): number => view.x + entity.x * view.scale;
export const screenY = (view: CloudView, entity: Entity): number => view.y - entity.y * view.scale;

/** The place of the entity under a point of the pane, or null. */
export function entityAt(entities: readonly Entity[], view: CloudView, at: Point): number | null {
  let best: number | null = null;
  let nearest = NEAR_PX ** 2;
  entities.forEach((entity, i) => {
    const distance = (screenX(view, entity) - at.x) ** 2 + (screenY(view, entity) - at.y) ** 2;
    if (distance <= nearest) [best, nearest] = [i, distance];
  });
  return best;
}

/** The entities inside a line that closes on itself. */
export function inside(entities: readonly Entity[], view: CloudView, lasso: readonly Point[]): Entity[] {
  return entities.filter((entity) => {
    const [x, y] = [screenX(view, entity), screenY(view, entity)];
    let isIn = false;
    for (let i = 0, j = lasso.length - 1; i < lasso.length; j = i++) {
      const [a, b] = [lasso[i]!, lasso[j]!];
      if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) isIn = !isIn;
    }
    return isIn;
  });
}
