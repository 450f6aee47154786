/** Plot windows, drawn by Plotly: any figure that its strict bundle draws, with the points that the page holds. */

import plotly, { type PlotElement } from 'plotly.js-strict-dist-min';

import type { TraceState } from '../live/types';
import type { AxisView, Drawable, MakePainter, Painter, PainterHost, Range, Scene } from './painter';
import { numericRange } from './range';
import { hasOwnTemplate, templateFor } from './template';
import type { Theme } from './theme';
import { isMap, upgradeLayout, upgradeTrace, type Attributes } from './upgrade';

// By default Plotly offers to upload a chart to its vendor, and fetches outlines of maps from elsewhere.
const PRIVATE = {
  showSendToCloud: false,
  plotlyServerURL: '',
  topojsonURL: new URL(/* @vite-ignore */ './topojson/', import.meta.url).href,
};

const CONFIG: Attributes = {
  ...PRIVATE,
  displaylogo: false,
  showTips: false,
  displayModeBar: 'hover',
  responsive: false,
  modeBarButtonsToRemove: [
    'lasso2d',
    'select2d',
    'autoScale2d',
    'toImage',
    'hoverClosestCartesian',
    'hoverCompareCartesian',
  ],
};

/** So few traces are named in a row above the plot, others in a column beside it. */
const MOST_IN_A_ROW = 5;

const RELEASES = ['pointerup', 'pointercancel', 'blur'] as const;

plotly.setPlotConfig(PRIVATE);

export const paintFigure: MakePainter = (host) => new FigurePainter(host);

class FigurePainter implements Painter {
  readonly #host: PainterHost;
  readonly #element: PlotElement;
  readonly #traces = new WeakMap<Attributes, Attributes>();
  readonly #ranges = new Map<string, Range | null>();
  #layoutOf: [Attributes, Attributes] | null = null;
  #templateOf: [Theme, Attributes] | null = null;
  #resets = 0;
  #isBound = false;
  #isOurs = false;
  #drawn = 0;
  /** A finger or mouse button is down on the plot, and what came meanwhile waits. */
  #isHeld = false;
  #isWaiting = false;

  constructor(host: PainterHost) {
    this.#host = host;
    this.#element = document.createElement('div') as unknown as PlotElement;
    this.#element.className = 'figure-plot';
    this.#element.style.cssText = 'position: absolute; inset: 0;';
    host.element.append(this.#element);
    this.#element.addEventListener('pointerdown', this.#hold, { capture: true });
    for (const event of RELEASES) addEventListener(event, this.#release, { capture: true });
  }

  async draw(scene: Scene): Promise<number> {
    if (this.#isHeld) {
      // Drawing would take the plot out of the person's hand: let them finish.
      this.#isWaiting = true;
      return this.#drawn;
    }
    const data = scene.traces.map((drawable) => this.#traceOf(drawable));
    await plotly.react(this.#element, data, this.#layout(scene), CONFIG);
    if (!this.#isBound) {
      this.#isBound = true;
      this.#element.on('plotly_relayout', (event) => this.#relayouted(event));
    }
    await this.#showRange(scene.range);
    this.#drawn = pointsIn(scene.traces);
    return this.#drawn;
  }

  views(scene: Scene): AxisView[] {
    const axes = new Map<string, TraceState[]>();
    for (const { trace } of scene.traces) {
      const axis = axisOf(trace);
      axes.set(axis, [...(axes.get(axis) ?? []), trace]);
    }
    return [...axes].map(([axis, traces]) => ({
      axis,
      traces,
      range: axis === 'x' ? scene.range : (this.#ranges.get(axis) ?? null),
    }));
  }

  reset(): void {
    this.#resets++;
    this.#ranges.clear();
  }

  async toImage(format: 'png' | 'svg'): Promise<Blob> {
    const { clientWidth: width, clientHeight: height } = this.#element;
    const address = await plotly.toImage(this.#element, {
      format,
      width,
      height,
      scale: format === 'png' ? 2 : 1,
    });
    return blobOf(address);
  }

  destroy(): void {
    for (const event of RELEASES) removeEventListener(event, this.#release, { capture: true });
    plotly.purge(this.#element);
    this.#element.remove();
  }

  readonly #hold = (): void => {
    this.#isHeld = true;
  };

  readonly #release = (): void => {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    // Plotly hears of the same event, and first says what the person did.
    setTimeout(() => this.#host.redraw());
  };

  #traceOf({ trace, data }: Drawable): Attributes {
    let upgraded = this.#traces.get(trace.attrs);
    if (!upgraded) this.#traces.set(trace.attrs, (upgraded = upgradeTrace(trace.attrs)));
    const figure: Attributes = { ...upgraded, uid: String(trace.id) };
    if (!('name' in figure) && trace.name !== '') figure['name'] = trace.name;
    if (data.kind === 'whole') {
      for (const [path, column] of Object.entries(data.columns)) put(figure, path, column);
    } else if (data.kind === 'thinned') {
      pick(figure, trace.count, data.pos);
      for (const [path, column] of Object.entries(data.others)) put(figure, path, column);
      figure['x'] = data.x;
      figure['y'] = data.y;
    }
    return figure;
  }

  #layout(scene: Scene): Attributes {
    if (this.#layoutOf?.[0] !== scene.layout) this.#layoutOf = [scene.layout, upgradeLayout(scene.layout)];
    if (this.#templateOf?.[0] !== scene.theme) this.#templateOf = [scene.theme, templateFor(scene.theme)];
    // Plotly writes into the layout it is given.
    const layout = structuredClone(this.#layoutOf[1]);
    if (!hasOwnTemplate(layout)) layout['template'] = this.#templateOf[1];
    const title = layout['title'];
    if (isMap(title) && title['text'] === scene.title) {
      // The pane's header says it already.
      delete layout['title'];
      const margin = isMap(layout['margin']) ? layout['margin'] : {};
      layout['margin'] = { ...margin, t: Math.min(Number(margin['t'] ?? 28), 28) };
    }
    const legend = isMap(layout['legend']) ? layout['legend'] : {};
    if (
      !isMap(layout['title']) &&
      scene.traces.length <= MOST_IN_A_ROW &&
      !['x', 'y', 'orientation'].some((name) => name in legend)
    ) {
      // Lines need the width more than the height that the tool bar takes anyway.
      layout['legend'] = { orientation: 'h', x: 0, y: 1, xanchor: 'left', yanchor: 'bottom', ...legend };
    }
    if (!isMap(layout['margin']) && scene.traces.some(({ trace }) => trace.attrs['type'] === 'parcoords')) {
      // Its labels stand above the axes, and it makes no room for them.
      layout['margin'] = { t: 56 };
    }
    for (const { trace } of scene.traces) {
      if (!trace.dates) continue;
      const name = layoutName(axisOf(trace));
      const axis = isMap(layout[name]) ? layout[name] : {};
      layout[name] = { type: 'date', ...axis };
    }
    return {
      ...layout,
      autosize: false,
      width: scene.width,
      height: scene.height,
      uirevision: `${String(layout['uirevision'] ?? '')}/${this.#resets}`,
    };
  }

  /** Brings a range that was set from outside onto the x axis. */
  async #showRange(range: Range | null): Promise<void> {
    const shown = this.#ranges.get('x') ?? null;
    if (range === shown || (range && shown && range[0] === shown[0] && range[1] === shown[1])) return;
    this.#ranges.set('x', range);
    const type = this.#element._fullLayout?.['xaxis']?.type;
    if (!type || type.endsWith('category')) return;
    this.#isOurs = true;
    try {
      await plotly.relayout(
        this.#element,
        range
          ? { 'xaxis.range': range.map((x) => (type === 'log' ? Math.log10(x) : x)) }
          : { 'xaxis.autorange': true },
      );
    } finally {
      this.#isOurs = false;
    }
  }

  #relayouted(event: Attributes): void {
    if (this.#isOurs) return;
    const axes = new Set(
      Object.keys(event).flatMap((key) => /^(xaxis\d*)\.(?:range|autorange)/.exec(key)?.[1] ?? []),
    );
    for (const name of axes) {
      const axis = this.#element._fullLayout?.[name];
      const range = event[`${name}.autorange`] === true ? null : numericRange(axis?.type, axis?.range);
      const short = name.replace('axis', '');
      this.#ranges.set(short, range);
      this.#host.zoomed(short, range);
    }
  }
}

/** `x`, `x2`, …: the axis that a trace lies on. */
function axisOf(trace: TraceState): string {
  const axis = trace.attrs['xaxis'];
  return typeof axis === 'string' && /^x\d*$/.test(axis) ? axis : 'x';
}

function layoutName(axis: string): string {
  return axis.replace('x', 'xaxis');
}

/** Sets `marker.color` and the like in a copy of the map on the way. */
function put(figure: Attributes, path: string, value: unknown): void {
  const [first, ...rest] = path.split('.') as [string, ...string[]];
  if (rest.length === 0) {
    figure[first] = value;
    return;
  }
  const inner = isMap(figure[first]) ? { ...figure[first] } : {};
  put(inner, rest.join('.'), value);
  figure[first] = inner;
}

/** Attributes with one entry for each point follow the points that were chosen. */
function pick(figure: Attributes, count: number, pos: Float64Array): void {
  for (const [name, value] of Object.entries(figure)) {
    if ((Array.isArray(value) || value instanceof Float64Array) && value.length === count) {
      figure[name] = Array.from(pos, (at) => (value as ArrayLike<unknown>)[at]);
    } else if (isMap(value)) {
      const inner = { ...value };
      pick(inner, count, pos);
      figure[name] = inner;
    }
  }
}

function pointsIn(traces: readonly Drawable[]): number {
  return traces.reduce((sum, { trace, data }) => {
    if (data.kind !== 'none' && trace.columns.length > 0) return sum + data.length;
    return sum + sizeOf(trace.attrs);
  }, 0);
}

function sizeOf(attrs: Attributes): number {
  for (const name of ['z', 'y', 'x', 'values', 'r', 'labels']) {
    const value = attrs[name];
    if (Array.isArray(value)) return Array.isArray(value[0]) ? value.length * value[0].length : value.length;
    if (isMap(value) && Array.isArray(value['shape']))
      return (value['shape'] as number[]).reduce((a, b) => a * b, 1);
    if (isMap(value) && value['bdata'] instanceof Uint8Array) {
      return value['bdata'].length / Number(String(value['dtype']).slice(1));
    }
  }
  return 0;
}

/** The bytes of a data: address; the page's CSP allows no fetch of one. */
function blobOf(address: string): Blob {
  const comma = address.indexOf(',');
  const head = address.slice(5, comma);
  const body = address.slice(comma + 1);
  const type = head.split(';')[0]!;
  if (!head.endsWith(';base64')) return new Blob([decodeURIComponent(body)], { type });
  const text = atob(body);
  return new Blob([Uint8Array.from(text, (character) => character.charCodeAt(0))], { type });
}
