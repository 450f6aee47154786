/** A network as windows hold it, and its nodes as points that push and pull each other. */

import {
  forceCenter,
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force';

export const RADIUS = 10;
const LINK = 120;
const CHARGE = -120;
/** Networks of so many nodes at most are laid out before they are shown; larger ones settle before the eyes. */
const MOST_AT_ONCE = 400;

export interface Node extends SimulationNodeDatum {
  key: string;
  label: string;
  /** Place among the clubs of the network, in order of appearance. */
  club: number;
  x: number;
  y: number;
}

export interface Edge extends SimulationLinkDatum<Node> {
  source: Node;
  target: Node;
  label: string;
}

export type Labels = boolean | 'hover';

interface Sent {
  nodes?: { name?: unknown; label?: unknown; club?: unknown }[];
  edges?: { source?: unknown; target?: unknown; label?: unknown }[];
}

/** `true`, `false`, or on hover, which is also what nothing said means. */
export function labelsOf(said: unknown): Labels {
  return typeof said === 'boolean' ? said : 'hover';
}

export class Network {
  nodes: Node[] = [];
  edges: Edge[] = [];
  readonly #simulation: Simulation<Node, Edge>;

  constructor(ontick: () => void) {
    this.#simulation = forceSimulation<Node, Edge>([])
      .force('charge', forceManyBody<Node>().strength(CHARGE))
      .force('collide', forceCollide<Node>(RADIUS * 1.4))
      // Parts that hang together with nothing else stay near.
      .force('x', forceX<Node>(0).strength(0.03))
      .force('y', forceY<Node>(0).strength(0.03))
      .force('center', forceCenter<Node>(0, 0))
      .stop();
    this.#simulation.on('tick', ontick);
  }

  /** Takes in the network as it now is; nodes that were there stay where they are. */
  show(sent: unknown): void {
    const { nodes = [], edges = [] } = (sent ?? {}) as Sent;
    const before = new Map(this.nodes.map((node) => [node.key, node]));
    const clubs = new Map<string, number>();
    const fresh: Node[] = [];
    const byName = new Map<string, Node>();
    this.nodes = nodes.map(({ name, label, club }, i) => {
      const key = String(name ?? i);
      const said = String(club ?? '');
      if (!clubs.has(said)) clubs.set(said, clubs.size);
      let node = before.get(key);
      before.delete(key);
      if (!node) fresh.push((node = { key, label: '', club: 0, x: NaN, y: NaN }));
      node.label = String(label ?? key);
      node.club = clubs.get(said)!;
      if (!byName.has(key)) byName.set(key, node);
      return node;
    });
    const find = (end: unknown): Node | undefined =>
      byName.get(String(end)) ?? (typeof end === 'number' ? this.nodes[end] : undefined);
    this.edges = edges.flatMap(({ source, target, label }) => {
      const [from, to] = [find(source), find(target)];
      return from && to ? [{ source: from, target: to, label: String(label ?? '') }] : [];
    });
    const isFirst = fresh.length === this.nodes.length;
    if (!isFirst) for (const node of fresh) this.#placeNear(node);
    this.#simulation.nodes(this.nodes);
    this.#simulation.force('link', forceLink<Node, Edge>(this.edges).distance(LINK));
    this.#simulation.alpha(isFirst ? 1 : fresh.length > 0 || before.size > 0 ? 0.4 : 0.15);
    if (isFirst && this.nodes.length <= MOST_AT_ONCE) this.#simulation.tick(300).alpha(0.0005);
    this.#simulation.restart();
  }

  /** Lets the rest give way while a node is in somebody's hand. */
  warm(): void {
    this.#simulation.alphaTarget(0.3).restart();
  }

  cool(): void {
    this.#simulation.alphaTarget(0);
  }

  /** Lets go of all nodes and lays them out anew. */
  shake(): void {
    for (const node of this.nodes) node.fx = node.fy = null;
    this.#simulation.alpha(0.6).restart();
  }

  destroy(): void {
    this.#simulation.stop().on('tick', null);
  }

  /** Beside a neighbour that has a place already. */
  #placeNear(node: Node): void {
    const edge = this.edges.find(
      ({ source, target }) =>
        (source === node && Number.isFinite(target.x)) || (target === node && Number.isFinite(source.x)),
    );
    const other = edge && (edge.source === node ? edge.target : edge.source);
    node.x = (other?.x ?? 0) + RADIUS * 3;
    node.y = (other?.y ?? 0) + RADIUS * 3;
  }
}

export interface Frame {
  scale: number;
  x: number;
  y: number;
}

/** A small network does not fill a large pane at any price. */
const MOST_SCALE = 1.6;

/** The whole network in the pane. */
export function frame(nodes: readonly Node[], width: number, height: number, margin: number): Frame {
  if (nodes.length === 0) return { scale: 1, x: width / 2, y: height / 2 };
  const xs = nodes.map(({ x }) => x);
  const ys = nodes.map(({ y }) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(
    MOST_SCALE,
    Math.max(width, 1) / (right - left + 2 * margin || 1),
    Math.max(height, 1) / (bottom - top + 2 * margin || 1),
  );
  return { scale, x: width / 2 - ((left + right) / 2) * scale, y: height / 2 - ((top + bottom) / 2) * scale };
}
