/** MathJax as Plotly and our own titles use it: LaTeX in, SVG out, no style sheet, nothing fetched later. */

import 'mathjax-full/js/input/tex/ams/AmsConfiguration.js';
import 'mathjax-full/js/input/tex/boldsymbol/BoldsymbolConfiguration.js';
import 'mathjax-full/js/input/tex/braket/BraketConfiguration.js';
import 'mathjax-full/js/input/tex/cancel/CancelConfiguration.js';
import 'mathjax-full/js/input/tex/color/ColorConfiguration.js';
import 'mathjax-full/js/input/tex/mhchem/MhchemConfiguration.js';
import 'mathjax-full/js/input/tex/newcommand/NewcommandConfiguration.js';
import 'mathjax-full/js/input/tex/noundefined/NoUndefinedConfiguration.js';
import 'mathjax-full/js/input/tex/unicode/UnicodeConfiguration.js';

import { browserAdaptor } from 'mathjax-full/js/adaptors/browserAdaptor.js';
import { RegisterHTMLHandler } from 'mathjax-full/js/handlers/html.js';
import { TeX } from 'mathjax-full/js/input/tex.js';
import { mathjax } from 'mathjax-full/js/mathjax.js';
import { SVG } from 'mathjax-full/js/output/svg.js';

/** Without `html`, whose commands make links and classes, and without what fetches more. */
const packages = [
  'base',
  'ams',
  'boldsymbol',
  'braket',
  'cancel',
  'color',
  'mhchem',
  'newcommand',
  'noundefined',
  'unicode',
];

/** The same drawings, with a name for those who cannot see them: the formula as it was written. */
class NamedSVG extends SVG<HTMLElement, Text, Document> {
  override typeset(...given: Parameters<SVG<HTMLElement, Text, Document>['typeset']>): HTMLElement {
    const node = super.typeset(...given);
    node.querySelector('svg')?.setAttribute('aria-label', given[0].math);
    return node;
  }
}

RegisterHTMLHandler(browserAdaptor());
const input = () => new TeX({ packages });
const page = mathjax.document(document, {
  InputJax: input(),
  OutputJax: new NamedSVG({ fontCache: 'none' }),
});

// The part of MathJax's own start-up that Plotly looks for.
Object.assign(globalThis, {
  MathJax: {
    version: mathjax.version,
    config: { svg: {}, options: {} },
    startup: { input: input() },
    _: { mathjax: { mathjax }, output: { svg_ts: { SVG: NamedSVG } } },
  },
});

/** A formula as an SVG element, sized in ex of the text round it. */
export function formula(tex: string): SVGElement | null {
  const made = page.convert(tex, { display: false }) as HTMLElement;
  const svg = made.querySelector('svg');
  if (!svg || made.querySelector('[data-mml-node="merror"]')) return null;
  return svg;
}
