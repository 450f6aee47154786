import { describe, expect, it } from 'vitest';
import { entitiesOf, entityAt, fitCloud, inside, isSameCloud, screenX, screenY, zoomCloud } from './cloud';

const pane = { width: 232, height: 232 };
const content = {
  data: [
    { group: 0, name: 'a', label: 'cat', position: [-1, -1], idx: 4 },
    { group: 1, name: 'b', label: 'dog', position: [1, 1], idx: 7 },
    { group: 1, name: 'nowhere', label: '', position: null },
  ],
};

describe('a cloud of points', () => {
  const entities = entitiesOf(content);
  const view = fitCloud(entities, pane);
  const [a, b] = entities;

  it('is fitted with y upwards', () => {
    expect(entities.map(({ idx }) => idx)).toEqual([4, 7]);
    expect([screenX(view, a!), screenY(view, a!)]).toEqual([16, 216]);
    expect([screenX(view, b!), screenY(view, b!)]).toEqual([216, 16]);
    expect(entitiesOf({ isLoading: true })).toEqual([]);
  });

  it('knows what lies under the cursor, zoomed too', () => {
    expect(entityAt(entities, view, { x: 20, y: 210 })).toBe(0);
    expect(entityAt(entities, view, { x: 100, y: 100 })).toBeNull();
    const zoomed = zoomCloud(view, 3, { x: 216, y: 16 }, view.scale);
    expect(entityAt(entities, zoomed, { x: 216, y: 16 })).toBe(1);
    expect(screenX(zoomed, a!)).toBeLessThan(0);
  });

  it('is the same when it is sent again', () => {
    expect(isSameCloud(entities, entitiesOf(structuredClone(content)))).toBe(true);
    expect(isSameCloud(entities, entities.slice(1))).toBe(false);
  });

  it('knows what a lasso holds', () => {
    const corner = [
      { x: 100, y: 0 },
      { x: 232, y: 0 },
      { x: 232, y: 120 },
    ];
    expect(inside(entities, view, corner).map(({ name }) => name)).toEqual(['b']);
  });
});
