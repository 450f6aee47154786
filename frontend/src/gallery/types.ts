/** What cards and cells say to each other, and to the parts that are put into them. */

import type { LiveEnv, Sample, WindowState } from '../live/types';

/** The env a cell is of. */
export interface CellEnv {
  /** `workspace/name`. */
  readonly name: string;
  /** Its number in a comparison. */
  readonly n?: number | undefined;
  /** As style sheets take it. */
  readonly colour: string;
}

/** One env's window in a card. */
export interface CardCell {
  readonly env: CellEnv;
  readonly pane: WindowState;
  /** What the window is watched by, where it is not what the card is. */
  readonly live?: LiveEnv;
}

/** Kinds of windows that hold samples over steps, and what they are called where a step has none. */
export const SAMPLE_KINDS: Readonly<Record<string, string>> = {
  image: 'image',
  audio: 'audio',
  video: 'video',
  histogram: 'histogram',
  table: 'table',
  document: 'text',
};

/** What the bodies of cells get: one for each kind. */
export interface SampleProps {
  sample: Sample;
  /** What the sample is called, for those who do not see it. */
  name: string;
  live: LiveEnv;
  pane: WindowState;
  isOnline: boolean;
  /** Whether it is on screen. */
  isActive: boolean;
  /** Whether it has the card to itself. */
  isAlone: boolean;
}
