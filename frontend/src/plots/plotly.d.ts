/** The few functions of plotly.js that are used. The package brings no types. */

declare module 'plotly.js-basic-dist-min' {
  type Attributes = Record<string, unknown>;

  export interface PlotElement extends HTMLElement {
    on(event: string, callback: (event: Attributes) => void): void;
    _fullData?: Attributes[];
    _fullLayout?: Record<string, { type?: string; range?: unknown[] } | undefined>;
  }

  export interface Plotly {
    setPlotConfig(config: Attributes): void;
    react(
      element: HTMLElement,
      data: Attributes[],
      layout: Attributes,
      config: Attributes,
    ): Promise<PlotElement>;
    relayout(element: HTMLElement, update: Attributes): Promise<PlotElement>;
    toImage(element: HTMLElement, options: Attributes): Promise<string>;
    purge(element: HTMLElement): void;
    PlotSchema: {
      get(): {
        traces: Record<string, { attributes: Attributes } | undefined>;
        layout: { layoutAttributes: Attributes };
      };
    };
  }

  const plotly: Plotly;
  export default plotly;
}

declare module 'plotly.js-strict-dist-min' {
  import type { Plotly } from 'plotly.js-basic-dist-min';

  const plotly: Plotly;
  export default plotly;
}
