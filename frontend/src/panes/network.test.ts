import { afterEach, describe, expect, it, vi } from 'vitest';
import { frame, labelsOf, Network } from './network';

const sent = {
  nodes: [
    { name: 0, label: 'a', club: 'x' },
    { name: 1, label: 'b', club: 'y' },
    { name: 2, label: 'c', club: 'x' },
  ],
  edges: [
    { source: 0, target: 1, label: '0-1' },
    { source: 1, target: 2, label: '1-2' },
    { source: 1, target: 7, label: 'to nowhere' },
  ],
};

describe('a network', () => {
  vi.stubGlobal('requestAnimationFrame', () => 0);
  const network = new Network(() => undefined);
  afterEach(() => network.destroy());

  it('is laid out before it is shown, its links about as long as they should be', () => {
    network.show(sent);
    expect(network.nodes.map(({ club }) => club)).toEqual([0, 1, 0]);
    expect(network.edges).toHaveLength(2);
    for (const { source, target } of network.edges) {
      const length = Math.hypot(source.x - target.x, source.y - target.y);
      expect(length).toBeGreaterThan(80);
      expect(length).toBeLessThan(170);
    }
  });

  it('keeps its nodes where they are when more come', () => {
    const [first] = network.nodes;
    const { x, y } = first!;
    network.show({ nodes: [...sent.nodes, { name: 3, label: 'd' }], edges: [{ source: 0, target: 3 }] });
    expect(network.nodes[0]).toBe(first);
    expect([first!.x, first!.y]).toEqual([x, y]);
    expect(Number.isFinite(network.nodes[3]!.x)).toBe(true);
  });

  it('fits its pane', () => {
    const node = (x: number, y: number) => ({ key: '', label: '', club: 0, x, y });
    expect(frame([node(-100, 0), node(100, 0)], 220, 100, 10)).toEqual({ scale: 1, x: 110, y: 50 });
    expect(frame([node(-200, 0), node(200, 0)], 210, 100, 10).scale).toBe(0.5);
    expect(frame([node(-10, 0), node(10, 0)], 900, 900, 10).scale).toBe(1.6);
    expect(frame([], 200, 100, 10)).toEqual({ scale: 1, x: 100, y: 50 });
    expect(labelsOf(undefined)).toBe('hover');
  });
});
