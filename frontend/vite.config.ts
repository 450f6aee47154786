import { resolve } from 'node:path';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/**
 * Plotly's bundle carries MapLibre, which puts a style element into each page as soon as it is loaded. The page's CSP refuses that (and
 * says so in the console), maps are not drawn here anyway, and so the call is taken out. A new version that has it elsewhere fails the build.
 */
function withoutMapStyle() {
  const call =
    /\(function\(\)\{if\(!document\.getElementById\("[0-9a-f]{64}"\)\)\{var e=document\.createElement\("style"\)/;
  return {
    name: 'without-map-style',
    transform(code: string, id: string) {
      if (!id.includes('plotly-strict.min.js')) return null;
      if (!call.test(code))
        throw new Error('plotly.js: the style of MapLibre was not found; look where it went.');
      return { code: code.replace(call, (found) => found.replace('if(!', 'if(false&&!')), map: null };
    },
  };
}

/** Lucide's icons are drawn by a component of our own. */
function lightIcons() {
  return {
    name: 'light-icons',
    enforce: 'pre' as const,
    resolveId(source: string, importer?: string) {
      if (source !== '../Icon.svelte' || !importer?.includes('/@lucide/svelte/')) return null;
      return resolve(import.meta.dirname, 'src/lib/Icon.svelte');
    },
  };
}

/** Drawing takes most of the light bundle's functions: compiled all at once, off the page's thread, and kept so by the browser. */
function compiledAhead() {
  return {
    name: 'compiled-ahead',
    // Last, as minifying drops comments.
    generateBundle(_: unknown, bundle: Record<string, { name?: string; code?: string }>) {
      for (const part of Object.values(bundle)) {
        if (part.name === 'plotly-light' && part.code)
          part.code = `//# allFunctionsCalledOnLoad\n${part.code}`;
      }
    },
  };
}

/** Some modules, and all that they import at once. */
function closure(modules: Modules, ...begin: string[]): Set<string> {
  const found = new Set<string>();
  const waiting = begin.map((path) => resolve(import.meta.dirname, 'src', path));
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    waiting.push(...(modules.getModuleInfo(id)?.importedIds ?? []));
  }
  return found;
}

/**
 * Each file costs a page a few milliseconds, though the browser has it already. So what every page needs is one file, and what every
 * wall needs besides is another.
 */
function wholes(): (id: string, modules: Modules) => string | null {
  let main: Set<string> | undefined;
  let wall: Set<string> | undefined;
  return (id, modules) => {
    main ??= closure(modules, 'main.ts');
    wall ??= closure(modules, 'shell/App.svelte', ...DRAWING);
    if (main.has(id) || id === RUNTIME) return 'main';
    return wall.has(id) ? 'wall' : null;
  };
}

/** Small parts that both drawing libraries take. */
const DRAWING = ['plots/paths.ts', 'plots/savitzkyGolay.ts', 'plots/metrics/curves.ts'];
/** What the bundler itself adds. */
const RUNTIME = '\0rolldown/runtime.js';

interface Modules {
  getModuleInfo(id: string): { importedIds: readonly string[] } | null;
}

// The server puts the bundle's address into its pages from manifest.json; everything inside the bundle is found relative to the
// module that asks for it, so that the page works below any base path. Nothing is inlined: the page's CSP allows no data: fonts.
export default defineConfig({
  plugins: [lightIcons(), svelte(), withoutMapStyle(), compiledAhead()],
  base: './',
  publicDir: false,
  build: {
    outDir: '../static/bundle',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: { main: 'src/main.ts' },
      output: {
        entryFileNames: '[name]-[hash].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
        // Apart from our own code, so that a new release leaves the browser's copy of the largest files valid.
        codeSplitting: {
          groups: [
            { name: 'plotly-light', test: /node_modules.plotly\.js-basic/ },
            { name: 'plotly', test: /node_modules.plotly\.js-strict/ },
            { name: wholes() },
          ],
        },
      },
    },
  },
  worker: { rolldownOptions: { output: { entryFileNames: '[name]-[hash].js' } } },
  resolve: { conditions: ['browser'] },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
    restoreMocks: true,
  },
});
