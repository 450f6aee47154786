/** Plot windows, drawn by Plotly: any figure that its strict bundle draws, with the points that the page holds. */

import light, { type Plotly, type PlotElement } from 'plotly.js-basic-dist-min';

import type { TraceState } from '../live/types';
import { drawableLayout, drawableTrace } from './drawable';
import { isMap, type Attributes } from './maps';
import { traceKeys, uidOf, type Own } from './own';
import type { AxisView, Drawable, MakePainter, Painter, PainterHost, Range, Scene } from './painter';
import { put } from './paths';
import { entryOf, fits } from './schema';
import { numericRange } from './range';
import { hasOwnTemplate, templateFor } from './template';
import { hasTex, loadTex } from './tex';
import type { Theme } from './theme';
import { withTwins } from './twins';
import { keep, remember, restore } from './view';

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
  // What is zoomed and what is not is kept here (view.ts); the pane's own button resets.
  doubleClick: 'autosize',
  modeBarButtonsToRemove: [
    'lasso2d',
    'select2d',
    'autoScale2d',
    'resetScale2d',
    'toImage',
    'hoverClosestCartesian',
    'hoverCompareCartesian',
  ],
};

/**
 * Room for the labels of an axis of numbers without a title. Left to itself Plotly measures each label, and draws the whole figure anew when
 * they need more room than it thought.
 */
const FITTING_MARGIN: Attributes = { l: 56, r: 24, t: 28, b: 28 };
const FITTING_AXIS: Attributes = { automargin: false, ticklabeloverflow: 'allow' };

/** So few traces are named in a row above the plot, others in a column beside it. */
const MOST_IN_A_ROW = 5;

/** A title takes the upper half of this margin, a row of names the lower. */
const TITLE_AND_LEGEND_PX = 64;

/** Whether an axis stands where Plotly puts its legend. */
function hasAxisAtTheRight(layout: Attributes): boolean {
  return Object.entries(layout).some(
    ([name, axis]) => /^yaxis\d*$/.test(name) && isMap(axis) && axis['side'] === 'right',
  );
}

const RELEASES = ['pointerup', 'pointercancel', 'blur'] as const;

/** Trace types of the light bundle: a quarter of the code, and there twice as soon. Any other figure is drawn by the whole. */
const LIGHT = new Set<unknown>(['scatter', 'bar', 'pie']);

light.setPlotConfig(PRIVATE);

export const paintFigure: MakePainter = (host) => new FigurePainter(host);

class FigurePainter implements Painter {
  readonly #host: PainterHost;
  readonly #element: PlotElement;
  #plotly: Plotly = light;
  readonly #traces = new WeakMap<Attributes, Attributes>();
  readonly #ranges = new Map<string, Range | null>();
  #layoutOf: [Attributes, Attributes] | null = null;
  #templateOf: [Theme, Attributes] | null = null;
  /** Axes of which the last layout said a range. */
  #ranged: readonly string[] = [];
  #resets = 0;
  #isBound = false;
  #drawn = 0;
  #scene: Scene | null = null;
  /** What Plotly drew each line in, by uid. */
  readonly #colors = new Map<unknown, unknown>();
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
    this.#scene = scene;
    this.#takeRange(scene);
    const keys = traceKeys(scene.traces.map(({ trace }) => trace));
    let data = scene.traces.map((drawable, i) => this.#traceOf(drawable, keys[i]!, scene.own));
    const layout = this.#layout(scene);
    if (this.#isSetFree(layout)) data = data.map(afresh);
    if (hasTex(layout) || data.some(hasTex)) await loadTex();
    const { smoothing } = scene.own;
    if (smoothing > 0 && data.some(({ uid }) => !this.#colors.has(uid))) await this.#react(data, layout);
    await this.#react(smoothing > 0 ? withTwins(data, smoothing, this.#colors) : data, layout);
    if (!this.#isBound) {
      this.#isBound = true;
      this.#element.on('plotly_relayout', (event) => this.#relayouted(event));
      this.#element.on('plotly_restyle', () => this.#restyled());
    }
    this.#drawn = pointsIn(scene.traces);
    return this.#drawn;
  }

  filled(): { traces: Attributes[]; layout: Attributes } | null {
    const { _fullData: all, _fullLayout: layout } = this.#element;
    const count = this.#scene?.traces.length ?? 0;
    return all && layout ? { traces: all.slice(0, count), layout: layout as Attributes } : null;
  }

  accepts(trace: number | null, path: string, value: unknown): boolean {
    const schema = this.#plotly.PlotSchema.get();
    const type = String(this.filled()?.traces[trace ?? 0]?.['type'] ?? 'scatter');
    const description = trace === null ? schema.layout.layoutAttributes : schema.traces[type]?.attributes;
    return fits(entryOf(description, path), value);
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
    const own = this.#scene?.own;
    if (own) [own.view, own.visible] = [{}, {}];
  }

  async toImage(format: 'png' | 'svg'): Promise<Blob> {
    const { clientWidth: width, clientHeight: height } = this.#element;
    const address = await this.#plotly.toImage(this.#element, {
      format,
      width,
      height,
      scale: format === 'png' ? 2 : 1,
    });
    return blobOf(address);
  }

  destroy(): void {
    for (const event of RELEASES) removeEventListener(event, this.#release, { capture: true });
    this.#plotly.purge(this.#element);
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

  /** What the person sees of the figure is kept here, not by Plotly, so that one bundle can take over from the other. */
  async #takeWhole(): Promise<void> {
    const { default: whole } = await import('plotly.js-strict-dist-min');
    whole.setPlotConfig(PRIVATE);
    light.purge(this.#element);
    this.#isBound = false;
    this.#plotly = whole;
  }

  async #react(data: Attributes[], layout: Attributes): Promise<void> {
    if (this.#plotly === light && !data.every(({ type }) => LIGHT.has(type))) await this.#takeWhole();
    await this.#plotly.react(this.#element, data, layout, CONFIG);
    for (const { uid, line } of this.#element._fullData ?? []) {
      if (isMap(line)) this.#colors.set(uid, line['color']);
    }
  }

  #traceOf({ trace, data }: Drawable, key: string, own: Own): Attributes {
    let upgraded = this.#traces.get(trace.attrs);
    if (!upgraded) this.#traces.set(trace.attrs, (upgraded = drawableTrace(trace.attrs)));
    // Plotly tells traces apart by their uid; a figure that is sent anew keeps what the person did to the lines of its names.
    const figure: Attributes = { ...upgraded, uid: uidOf(key), uirevision: this.#resets };
    if (!('name' in figure) && trace.name !== '') figure['name'] = trace.name;
    if (key in own.visible) figure['visible'] = own.visible[key];
    for (const [path, value] of Object.entries(own.traces[key] ?? {})) put(figure, path, value);
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
    if (this.#layoutOf?.[0] !== scene.layout) this.#layoutOf = [scene.layout, drawableLayout(scene.layout)];
    if (this.#templateOf?.[0] !== scene.theme) this.#templateOf = [scene.theme, templateFor(scene.theme)];
    // Plotly writes into the layout it is given.
    const layout = structuredClone(this.#layoutOf[1]);
    for (const [path, value] of Object.entries(scene.own.layout)) put(layout, path, value);
    if (!hasOwnTemplate(layout)) layout['template'] = this.#templateOf[1];
    const title = layout['title'];
    if (isMap(title) && title['text'] === scene.title) {
      // The pane's header says it already.
      delete layout['title'];
      const margin = isMap(layout['margin']) ? layout['margin'] : {};
      layout['margin'] = { ...margin, t: Math.min(Number(margin['t'] ?? 28), 28) };
    }
    const legend = isMap(layout['legend']) ? layout['legend'] : {};
    const hasTitle = isMap(layout['title']);
    if (
      (!hasTitle || hasAxisAtTheRight(layout)) &&
      scene.traces.length <= MOST_IN_A_ROW &&
      !['x', 'y', 'orientation'].some((name) => name in legend)
    ) {
      // Lines need the width more than the height that the tool bar takes anyway, and beside them may be an axis.
      layout['legend'] = { orientation: 'h', x: 0, y: 1, xanchor: 'left', yanchor: 'bottom', ...legend };
      if (hasTitle) {
        const margin = isMap(layout['margin']) ? layout['margin'] : {};
        layout['margin'] = { ...margin, t: Math.max(Number(margin['t'] ?? 0), TITLE_AND_LEGEND_PX) };
      }
    }
    if (!isMap(layout['margin']) && scene.traces.some(({ trace }) => trace.attrs['type'] === 'parcoords')) {
      // Its labels stand above the axes, and it makes no room for them.
      layout['margin'] = { t: 56 };
    }
    if (scene.traces.every(isPlainLine)) {
      for (const name of ['xaxis', 'yaxis']) {
        const axis = isMap(layout[name]) ? layout[name] : {};
        if (!isMap(axis['title'])) layout[name] = { ...FITTING_AXIS, ...axis };
      }
      layout['margin'] = { ...FITTING_MARGIN, ...(isMap(layout['margin']) ? layout['margin'] : {}) };
    }
    for (const { trace } of scene.traces) {
      if (!trace.dates) continue;
      const name = layoutName(axisOf(trace));
      const axis = isMap(layout[name]) ? layout[name] : {};
      layout[name] = { type: 'date', ...axis };
    }
    if (scene.own.smoothing > 0) {
      // Lines and their twins are groups; those need no gaps.
      layout['legend'] = { tracegroupgap: 0, ...(isMap(layout['legend']) ? layout['legend'] : {}) };
    }
    restore(scene.own.view, layout, scene.layout);
    return {
      ...layout,
      autosize: false,
      width: scene.width,
      height: scene.height,
      // Zoom and the like are kept by view.ts, also over a new drawing; Plotly's own memory would get in its way.
      uirevision: undefined,
    };
  }

  /** Whether an axis that had a range shows all again; Plotly looks at how far its data reach only when the data are new to it. */
  #isSetFree(layout: Attributes): boolean {
    const ranged = Object.keys(layout).filter((name) => {
      const axis = layout[name];
      return /axis\d*$/.test(name) && isMap(axis) && axis['range'] !== undefined;
    });
    const isFree = this.#ranged.some((name) => !ranged.includes(name));
    this.#ranged = ranged;
    return isFree;
  }

  /** Takes over a range of x that was set from outside. */
  #takeRange({ range, own, layout }: Scene): void {
    const shown = this.#ranges.get('x') ?? null;
    if (range === shown || (range && shown && range[0] === shown[0] && range[1] === shown[1])) return;
    this.#ranges.set('x', range);
    const type = this.#element._fullLayout?.['xaxis']?.type ?? (layout['xaxis'] as Attributes)?.['type'];
    if (typeof type === 'string' && type.endsWith('category')) return;
    if (range) keep(own.view, 'xaxis.range', type === 'log' ? range.map(Math.log10) : [...range], layout);
    else Reflect.deleteProperty(own.view, 'xaxis.range');
  }

  #relayouted(event: Attributes): void {
    if (!this.#scene) return;
    remember(this.#scene.own.view, event, this.#scene.layout);
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

  /** Presses on the legend hide and show lines. */
  #restyled(): void {
    const scene = this.#scene;
    if (!scene) return;
    traceKeys(scene.traces.map(({ trace }) => trace)).forEach((key, i) => {
      const visible = this.#element._fullData?.[i]?.['visible'];
      const own = scene.traces[i]!.trace.attrs['visible'] ?? true;
      if (visible === own || visible === undefined) Reflect.deleteProperty(scene.own.visible, key);
      else scene.own.visible[key] = visible;
    });
  }
}

/** `x`, `x2`, …: the axis that a trace lies on. */
function axisOf(trace: TraceState): string {
  const axis = trace.attrs['xaxis'];
  return typeof axis === 'string' && /^x\d*$/.test(axis) ? axis : 'x';
}

/** Numbers along numbers: how much room its labels take is known before they are drawn. */
function isPlainLine({ trace }: Drawable): boolean {
  const { type = 'scatter', xaxis = 'x', yaxis = 'y' } = trace.attrs;
  return trace.columns.length > 0 && !trace.dates && type === 'scatter' && xaxis === 'x' && yaxis === 'y';
}

function layoutName(axis: string): string {
  return axis.replace('x', 'xaxis');
}

/** The same trace with lists that Plotly has not seen. */
function afresh(figure: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(figure).map(([name, value]) => [
      name,
      Array.isArray(value) || value instanceof Float64Array ? value.slice() : value,
    ]),
  );
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
