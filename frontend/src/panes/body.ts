/** What the frame of a pane (Pane.svelte) and what it holds (the bodies, one for each kind) say to each other. */

import type { Component } from 'svelte';
import type { LiveEnv, WindowState } from '../live/types';

/** One way of saving what a pane holds as a file. */
export interface Save {
  label: string;
  run: () => Promise<void>;
}

export interface BodyProps {
  pane: WindowState;
  live: LiveEnv;
  /** Whether the person may change what is stored, and send events to the program behind the window. */
  canEdit: boolean;
  /** Grows whenever the person asks for the whole again. */
  resets: number;
  /** The body shows less than the whole, so that a reset means something. */
  onzoomed: (isZoomed: boolean) => void;
  /** What can be saved now; the first is what the save button does. */
  onsaves: (saves: readonly Save[]) => void;
}

type Load = () => Promise<{ default: Component<BodyProps> }>;

/** Bodies that are fetched when the first window of their kind comes near the screen. */
export const LATER: Readonly<Record<string, Load>> = {
  network: () => import('./NetworkBody.svelte'),
  properties: () => import('./PropertiesBody.svelte'),
  embeddings: () => import('./EmbeddingsBody.svelte'),
  image: () => import('./ImageBody.svelte'),
  audio: () => import('./MediaBody.svelte'),
  video: () => import('./MediaBody.svelte'),
  histogram: () => import('./MediaBody.svelte'),
  table: () => import('./MediaBody.svelte'),
  document: () => import('./MediaBody.svelte'),
  cells: () => import('../compare/CellsBody.svelte'),
  legend: () => import('../compare/LegendBody.svelte'),
};

/** Kinds that can be brought back to show the whole. */
export const RESETTABLE: readonly string[] = ['plot', 'metric', 'image', 'network', 'embeddings'];

/** Kinds whose keys are told to the program behind the window. */
export const KEYED: readonly string[] = ['text', 'image', 'embeddings'];

/** Kinds that stay once they were seen, for what a person did there is worth keeping: a place in a text, a word half typed, a sound. */
export const STAYING: readonly string[] = ['text', 'properties', 'audio', 'video'];
