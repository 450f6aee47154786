/** The page's colours as plots need them: read from the custom properties of styles/tokens.css, anew when the theme changes. */

export interface Theme {
  dark: boolean;
  background: string;
  text: string;
  muted: string;
  grid: string;
  border: string;
  accent: string;
  /** Colours of lines, in order. */
  data: readonly string[];
  font: string;
}

const LIGHT: Theme = {
  dark: false,
  background: '#ffffff',
  text: '#1a1e24',
  muted: '#4c545e',
  grid: '#e8eaed',
  border: '#dde0e4',
  accent: '#2857c4',
  data: [
    '#3f90da',
    '#ffa90e',
    '#bd1f01',
    '#94a4a2',
    '#832db6',
    '#a96b59',
    '#e76300',
    '#b9ac70',
    '#717581',
    '#92dadd',
  ],
  font: 'system-ui, sans-serif',
};

export function readTheme(root: HTMLElement = document.documentElement): Theme {
  const style = getComputedStyle(root);
  const read = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
  const chosen = root.dataset['theme'];
  return {
    dark: chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches,
    background: read('--pane-bg', LIGHT.background),
    text: read('--text', LIGHT.text),
    muted: read('--text-muted', LIGHT.muted),
    grid: read('--grid-line', LIGHT.grid),
    border: read('--border', LIGHT.border),
    accent: read('--accent', LIGHT.accent),
    data: LIGHT.data.map((color, i) => read(`--data-${i + 1}`, color)),
    font: read('--font-sans', LIGHT.font),
  };
}

/** The colour of the i-th line. */
export function dataColor(theme: Theme, index: number): string {
  return theme.data[index % theme.data.length]!;
}

const listeners = new Set<() => void>();
let watching = false;

/** Calls back when the theme changed. Returns the function that stops it. */
export function onTheme(callback: () => void): () => void {
  if (!watching) {
    watching = true;
    const tell = (): void => listeners.forEach((listener) => listener());
    new MutationObserver(tell).observe(document.documentElement, {
      attributes: true,
      attributeFilter: ['data-theme', 'class'],
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell);
  }
  listeners.add(callback);
  return () => listeners.delete(callback);
}
