/** The page's look for Plotly figures: a template, so that whatever a figure says itself comes first. */

import { isMap, type Attributes } from './upgrade';
import type { Theme } from './theme';

const CLEAR = 'rgba(0,0,0,0)';

export function templateFor(theme: Theme): Attributes {
  const axis = {
    gridcolor: theme.grid,
    linecolor: theme.border,
    zerolinecolor: theme.border,
    tickcolor: theme.border,
    automargin: true,
    title: { standoff: 8 },
  };
  const axis3d = { ...axis, backgroundcolor: CLEAR, showbackground: false, title: {} };
  const flat = { bgcolor: CLEAR };
  return {
    layout: {
      paper_bgcolor: CLEAR,
      plot_bgcolor: CLEAR,
      font: { family: theme.font, size: 12, color: theme.text },
      colorway: [...theme.data],
      margin: { l: 48, r: 16, t: 28, b: 36 },
      title: { font: { size: 13 }, x: 0.02, xanchor: 'left' },
      xaxis: axis,
      yaxis: axis,
      scene: { xaxis: axis3d, yaxis: axis3d, zaxis: axis3d },
      polar: { ...flat, radialaxis: axis, angularaxis: axis },
      ternary: { ...flat, aaxis: axis, baxis: axis, caxis: axis },
      legend: flat,
      hoverlabel: {
        bgcolor: theme.background,
        bordercolor: theme.border,
        font: { color: theme.text, family: theme.font, size: 12 },
      },
      modebar: { bgcolor: CLEAR, color: theme.muted, activecolor: theme.accent },
    },
    data: {
      table: [
        {
          header: { fill: { color: theme.grid }, line: { color: theme.border }, font: { color: theme.text } },
          cells: { fill: { color: CLEAR }, line: { color: theme.border }, font: { color: theme.text } },
        },
      ],
    },
  };
}

/**
 * Whether a figure brings a look of its own on purpose. The default template of Plotly's Python package, which is put into each
 * figure unasked, is not one: it is light only.
 */
export function hasOwnTemplate(layout: Attributes): boolean {
  const { template } = layout;
  if (!isMap(template) || !isMap(template['layout'])) return false;
  return Object.keys(template['layout']).length > 0 && template['layout']['plot_bgcolor'] !== '#E5ECF6';
}
