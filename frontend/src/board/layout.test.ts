import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COLUMNS,
  equal,
  firstSize,
  follow,
  grow,
  type Layout,
  moveTo,
  neighbour,
  overlaps,
  pack,
  parse,
  type Place,
  placeNew,
  readingOrder,
  reflow,
  resizeTo,
  step,
} from './layout';

const at = (x: number, y: number, w = 4, h = 8): Place => ({ x, y, w, h });
const ROW: Layout = { a: at(0, 0), b: at(4, 0), c: at(8, 0) };

const sizes = fc.record({ w: fc.integer({ min: 2, max: 12 }), h: fc.integer({ min: 3, max: 12 }) });
const walls = fc.array(sizes, { minLength: 1, maxLength: 20 }).map((list) =>
  placeNew(
    {},
    list.map((size, index) => ({ key: `w${index}`, size })),
  ),
);

function isSound(layout: Layout): boolean {
  const places = Object.values(layout);
  return (
    places.every((place) => place.x >= 0 && place.y >= 0 && place.x + place.w <= COLUMNS) &&
    places.every((place, index) => places.slice(index + 1).every((other) => !overlaps(place, other)))
  );
}

describe('new windows', () => {
  it('take the first gap and move nothing', () => {
    const placed = placeNew({ a: at(0, 0), c: at(8, 0) }, [{ key: 'n', size: { w: 4, h: 8 } }]);
    expect(placed).toEqual({ a: at(0, 0), c: at(8, 0), n: at(4, 0) });
  });

  it('go below when no gap holds them', () => {
    expect(placeNew(ROW, [{ key: 'n', size: { w: 6, h: 4 } }]).n).toEqual(at(0, 8, 6, 4));
  });

  it('are placed by the thousand', () => {
    const wanted = Array.from({ length: 1000 }, (_, index) => ({ key: String(index), size: { w: 4, h: 8 } }));
    expect(isSound(pack(placeNew({}, wanted), []))).toBe(true);
  });

  it('may have any key', () => {
    const layout = placeNew({}, [{ key: '__proto__', size: { w: 4, h: 8 } }]);
    expect(Object.keys(layout)).toEqual(['__proto__']);
    expect(placeNew(layout, [{ key: 'toString', size: { w: 4, h: 8 } }])).toHaveProperty(
      'toString',
      at(4, 0),
    );
  });
});

describe('moving', () => {
  it('into a gap moves nothing else', () => {
    expect(moveTo({ a: at(0, 0), b: at(4, 0) }, 'a', 8, 0)).toEqual({ a: at(8, 0), b: at(4, 0) });
  });

  it('by one key press changes places with the neighbour', () => {
    expect(step(ROW, 'a', 'right')).toEqual({ a: at(4, 0), b: at(0, 0), c: at(8, 0) });
    const column: Layout = { a: at(0, 0, 4, 6), b: at(0, 6, 4, 10) };
    expect(step(column, 'b', 'up')).toEqual({ b: at(0, 0, 4, 10), a: at(0, 10, 4, 6) });
    expect(step(column, 'a', 'down')).toEqual({ b: at(0, 0, 4, 10), a: at(0, 10, 4, 6) });
  });

  it('by hand pushes down what is touched, and changes places with what is half covered', () => {
    expect(moveTo(ROW, 'a', 1, 0).b).toEqual(at(4, 8));
    expect(moveTo(ROW, 'a', 3, 0)).toEqual({ a: at(4, 0), b: at(0, 0), c: at(8, 0) });
  });

  it('stops at the edges', () => {
    expect(step(ROW, 'a', 'left')).toBe(ROW);
    expect(step(ROW, 'a', 'up')).toBe(ROW);
    expect(moveTo(ROW, 'c', 99, -4)).toBe(ROW);
  });

  it('there and back again ends where it began', () => {
    expect(equal(step(step(ROW, 'b', 'left'), 'b', 'right'), ROW)).toBe(true);
  });
});

describe('resizing', () => {
  it('pushes down what is in the way, and what that pushes in turn', () => {
    const tall: Layout = { a: at(0, 0), b: at(0, 8), c: at(0, 16) };
    expect(resizeTo(tall, 'a', 4, 10)).toEqual({ a: at(0, 0, 4, 10), b: at(0, 10), c: at(0, 18) });
  });

  it('keeps within the wall and above the smallest size', () => {
    expect(resizeTo({ a: at(8, 0) }, 'a', 99, 1).a).toEqual(at(8, 0, 4, 3));
    expect(grow({ a: at(0, 0, 2, 3) }, 'a', 'left').a).toEqual(at(0, 0, 2, 3));
  });
});

describe('any wall', () => {
  const action = fc.record({
    kind: fc.constantFrom('move', 'step', 'size', 'grow'),
    index: fc.nat(19),
    x: fc.integer({ min: -3, max: 15 }),
    y: fc.integer({ min: -3, max: 60 }),
    way: fc.constantFrom('left' as const, 'right' as const, 'up' as const, 'down' as const),
  });

  it('never overlaps, loses or adds a pane, whatever is done', () => {
    fc.assert(
      fc.property(walls, fc.array(action, { maxLength: 20 }), (wall, actions) => {
        let layout = wall;
        const keys = Object.keys(wall).sort();
        for (const { kind, index, x, y, way } of actions) {
          const key = keys[index % keys.length]!;
          if (kind === 'move') layout = moveTo(layout, key, x, y);
          else if (kind === 'step') layout = step(layout, key, way);
          else if (kind === 'size') layout = resizeTo(layout, key, x, y);
          else layout = grow(layout, key, way);
          expect(isSound(layout)).toBe(true);
        }
        expect(Object.keys(layout).sort()).toEqual(keys);
        expect(equal(parse(JSON.parse(JSON.stringify(layout))), layout)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('can be packed and reflowed to any width', () => {
    fc.assert(
      fc.property(walls, fc.integer({ min: 1, max: 12 }), (wall, columns) => {
        const narrow = reflow(wall, columns);
        expect(Object.keys(narrow).length).toBe(Object.keys(wall).length);
        expect(isSound(narrow)).toBe(true);
        expect(Object.values(narrow).every((place) => place.x + place.w <= columns)).toBe(true);
        expect(readingOrder(narrow)).toEqual(readingOrder(wall));
      }),
      { numRuns: 60 },
    );
  });
});

describe('packing', () => {
  const order = (wall: Layout, keys: readonly string[]) => readingOrder(pack(wall, keys));

  it('keeps the order in which panes are read, and every size', () => {
    fc.assert(
      fc.property(walls, fc.infiniteStream(fc.nat()), (wall, numbers) => {
        const keys = Object.keys(wall)
          .map((key) => ({ key, at: numbers.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ key }) => key);
        const packed = pack(wall, keys);
        expect(isSound(packed)).toBe(true);
        expect(order(wall, keys)).toEqual(keys);
        for (const key of keys) expect(packed[key]).toMatchObject({ w: wall[key]!.w, h: wall[key]!.h });
      }),
      { numRuns: 60 },
    );
  });

  it('twice changes nothing more', () => {
    fc.assert(
      fc.property(walls, (wall) => {
        const once = pack(wall, readingOrder(wall));
        expect(equal(pack(once, readingOrder(once)), once)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('moves no pane down the wall', () => {
    const gappy: Layout = { a: at(0, 4), b: at(8, 4), c: at(4, 30, 8, 6) };
    expect(pack(gappy, readingOrder(gappy))).toEqual({ a: at(0, 0), b: at(4, 0), c: at(0, 8, 8, 6) });
  });

  it('leaves a gap above rather than read a later pane first', () => {
    const wide: Layout = { a: at(0, 0, 8), b: at(0, 8, 8), c: at(0, 16, 4) };
    expect(pack(wide, ['a', 'b', 'c'])).toEqual({ a: at(0, 0, 8), b: at(0, 8, 8), c: at(8, 8, 4) });
  });

  it('is sound by the thousand', () => {
    const wall = placeNew(
      {},
      Array.from({ length: 1000 }, (_, index) => ({
        key: String(index),
        size: { w: 2 + (index % 5), h: 3 + (index % 9) },
      })),
    );
    expect(isSound(pack(wall, readingOrder(wall)))).toBe(true);
  });
});

describe('a kept layout', () => {
  it('is read with care', () => {
    expect(parse(null)).toEqual({});
    expect(parse([1])).toEqual({});
    expect(parse({ a: { x: 'no' }, b: null, c: at(0, 0), d: at(40, -2, 99, 1), e: at(0, 0) })).toEqual({
      c: at(0, 0),
      d: at(0, 0, 12, 3),
      e: at(0, 0),
    });
  });
});

describe('arrow keys', () => {
  it('go to the nearest pane on that side', () => {
    const layout: Layout = { ...ROW, d: at(0, 8), e: at(4, 8, 8, 8) };
    expect(neighbour(layout, 'a', 'right')).toBe('b');
    expect(neighbour(layout, 'b', 'down')).toBe('e');
    expect(neighbour(layout, 'e', 'left')).toBe('d');
    expect(neighbour(layout, 'c', 'right')).toBeNull();
    expect(neighbour(layout, 'd', 'up')).toBe('a');
  });
});

describe('first sizes', () => {
  it('follow the options, in pixels, or are the usual ones', () => {
    expect(firstSize({}, 40, 118, 36)).toEqual({ w: 4, h: 8 });
    expect(firstSize({ width: 700, height: 500 }, 40, 118, 36)).toEqual({ w: 6, h: 13 });
    expect(firstSize({ width: 'x', height: 1e9 }, 40, 118, 36)).toEqual({ w: 4, h: 120 });
  });
});

describe('following an env', () => {
  const size = { w: 4, h: 8 };
  const windows = (...keys: string[]) => keys.map((key) => ({ key, size }));

  it('puts a window that comes back where it was', () => {
    const closed = follow(ROW, {}, windows('a', 'c'));
    expect(closed.layout).toEqual({ a: at(0, 0), c: at(8, 0) });
    expect(follow(closed.layout, closed.memory, windows('a', 'b', 'c')).layout).toEqual(ROW);
  });

  it('puts it elsewhere when its place was taken meanwhile', () => {
    const closed = follow(ROW, {}, windows('a', 'c', 'new'));
    expect(closed.layout.new).toEqual(at(4, 0));
    const back = follow(closed.layout, closed.memory, windows('a', 'c', 'new', 'b')).layout;
    expect(back.b).toEqual(at(0, 8));
  });

  it('never overlaps, and never moves what lies there already, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.constantFrom(...'abcdefghijkl')), { maxLength: 8 }), (sets) => {
        let now = { layout: {} as Layout, memory: {} as Layout };
        for (const keys of sets) {
          const next = follow(now.layout, now.memory, windows(...keys));
          expect(isSound(next.layout)).toBe(true);
          expect(Object.keys(next.layout).sort()).toEqual([...keys].sort());
          for (const key of keys) {
            if (now.layout[key]) expect(next.layout[key]).toEqual(now.layout[key]);
          }
          now = next;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('asks for the first size of new windows only', () => {
    const asked: string[] = [];
    const lazy = (key: string) => ({
      key,
      get size() {
        asked.push(key);
        return size;
      },
    });
    follow(ROW, { d: at(0, 8) }, ['a', 'b', 'c', 'd', 'new'].map(lazy));
    expect(asked).toEqual(['new']);
  });

  it('leaves a thousand windows where they are', () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `w${index}`);
    const placed = follow({}, {}, windows(...keys)).layout;
    expect(equal(follow({}, placed, windows(...keys)).layout, placed)).toBe(true);
  });

  it('moves what overlaps in a kept layout down', () => {
    const kept: Layout = { c: at(0, 0), d: at(0, 0, 12, 3), e: at(0, 0) };
    expect(follow({}, kept, windows('c', 'd', 'e')).layout).toEqual({
      c: at(0, 0),
      d: at(0, 8, 12, 3),
      e: at(0, 11),
    });
  });

  it('shows a kept layout as it was, wherever windows lay that are gone', () => {
    const closed = follow(ROW, {}, windows('b', 'c'));
    const moved = moveTo(closed.layout, 'b', 0, 0);
    const kept = parse(JSON.parse(JSON.stringify({ ...closed.memory, ...moved })));
    const opened = follow({}, kept, windows('b', 'c'));
    expect(opened.layout).toEqual({ b: at(0, 0), c: at(8, 0) });
    expect(follow(opened.layout, opened.memory, windows('a', 'b', 'c')).layout).toEqual({
      ...opened.layout,
      a: at(4, 0),
    });
  });

  it('begins with a kept layout', () => {
    const kept: Layout = { x: at(8, 4), y: at(0, 0) };
    expect(follow({}, kept, windows('y', 'z', 'x')).layout).toEqual({
      x: at(8, 4),
      y: at(0, 0),
      z: at(4, 0),
    });
  });
});
