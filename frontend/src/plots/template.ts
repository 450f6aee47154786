/** The page's look for Plotly figures: a template, so that whatever a figure says itself comes first. */

import { isMap, type Attributes } from './maps';
import type { Theme } from './theme';

const CLEAR = 'rgba(0,0,0,0)';

/** Viridis: even steps to the eye, also to colour-blind ones, and in print. */
const SCALE = [
  '#440154',
  '#482878',
  '#3e4a89',
  '#31688e',
  '#26828e',
  '#1f9e89',
  '#35b779',
  '#6ece58',
  '#b5de2b',
  '#fde725',
].map((color, i) => [i / 9, color] as const);

/**
 * From where Plotly looks at a scene (1.25, at its middle), the words below it are cut off in a pane that is wider than high. So from a
 * little further away, and at what is a little below.
 */
const CAMERA = { eye: { x: 1.7, y: 1.7, z: 1.5 }, center: { x: 0, y: 0, z: -0.2 } };

const COLORBAR = { outlinewidth: 0, thickness: 12, ticks: '', tickfont: { size: 11 } };

/** Trace types whose values are shown as colours. */
const COLORED = [
  'heatmap',
  'histogram2d',
  'histogram2dcontour',
  'contour',
  'surface',
  'isosurface',
  'volume',
  'mesh3d',
  'cone',
];
const WITH_MARKERS = ['scatter', 'scattergl', 'scatter3d', 'scatterpolar', 'scatterternary', 'splom', 'bar'];

export function templateFor(theme: Theme): Attributes {
  const axis = {
    gridcolor: theme.grid,
    linecolor: theme.border,
    zerolinecolor: theme.border,
    ticks: 'outside',
    ticklen: 4,
    tickcolor: CLEAR,
    tickfont: { size: 11, color: theme.muted },
    automargin: true,
    title: { standoff: 8 },
  };
  const axis3d = {
    gridcolor: theme.border,
    linecolor: theme.border,
    zerolinecolor: theme.border,
    showbackground: false,
  };
  const round = { bgcolor: CLEAR };
  return {
    layout: {
      paper_bgcolor: CLEAR,
      plot_bgcolor: CLEAR,
      font: { family: theme.font, size: 12, color: theme.text },
      colorway: [...theme.data],
      colorscale: { sequential: SCALE, sequentialminus: SCALE },
      coloraxis: { colorbar: COLORBAR },
      margin: { l: 48, r: 16, t: 28, b: 28 },
      title: { font: { size: 13 }, x: 0.02, xanchor: 'left' },
      xaxis: axis,
      yaxis: axis,
      scene: { xaxis: axis3d, yaxis: axis3d, zaxis: axis3d, camera: CAMERA },
      polar: { ...round, radialaxis: axis, angularaxis: axis },
      ternary: { ...round, aaxis: axis, baxis: axis, caxis: axis },
      legend: { bgcolor: CLEAR },
      hoverlabel: {
        bgcolor: theme.background,
        bordercolor: theme.border,
        font: { color: theme.text, family: theme.font, size: 12 },
      },
      modebar: { bgcolor: CLEAR, color: theme.muted, activecolor: theme.accent },
    },
    data: {
      ...Object.fromEntries(COLORED.map((type) => [type, [{ colorscale: SCALE, colorbar: COLORBAR }]])),
      ...Object.fromEntries(WITH_MARKERS.map((type) => [type, [{ marker: { colorbar: COLORBAR } }]])),
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
