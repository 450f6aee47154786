/** The frames of the live wire (docs/protocol.md): their shapes, and how they become bytes and back. */

import { decode, encode } from '@msgpack/msgpack';

import type { AssetFrame } from './assets';
import type { WireColumn } from './columns';
import type { WireSamples } from './samples';
import type { Role, Sample, ServerError, WindowContent } from './types';

export type EnvOp = [
  'e',
  {
    name: string;
    workspace: string;
    status: string;
    config: Record<string, unknown>;
    tags: string[];
    revision: number;
    /** Which of the ten data colours somebody chose, 0 to 9; null: the name decides. */
    colour?: number | null;
  },
];

export interface WireTrace {
  id: number;
  index: number;
  name: string;
  gen: number;
  count: number;
  columns: string[];
  monotone: boolean;
  dates: boolean;
  attrs: Record<string, unknown>;
  /** In a comparison: the number of the env it is of, and its place among that env's traces of the plot. */
  n?: number;
  of?: number;
}

export interface WireWindow {
  key: string;
  kind: string;
  title: string;
  place: number;
  rev: number;
  opts: Record<string, unknown>;
  layout: Record<string, unknown>;
  content: WindowContent;
  traces: WireTrace[];
}

export type WindowOp = ['w', number, WireWindow];
/** trace, generation, offset, n, columns, monotone */
export type AppendOp = ['a', number, number, number, number, Record<string, WireColumn>, boolean];

export interface WireLine {
  b: number;
  i0: number;
  i1: number;
  count: number;
  x: WireColumn;
  y: WireColumn;
  pos: WireColumn;
  /** Position, x and y of the trace's last point; and its time, where times were asked for. */
  last?: [number, number, number | null, (number | null)?] | null;
  /** Times in seconds, where they were asked for. */
  t?: WireColumn;
  /** Not all times are known: some lie evenly between those that are. */
  between?: boolean;
  x0?: number;
  x1?: number;
  note?: string | null;
}

export type LineOp = ['l', number, number, WireLine];
export type GrownOp = ['g', number, number, number];
export type SampleOp = ['s', number, Sample & { replace?: boolean }];
export type CloseOp = ['x', number, string];
/** All samples of a window, in answer to a question for them. */
export type SamplesOp = ['i', number, WireSamples];
/** trace, when the run of its env began (seconds since 1970) */
export type ZeroOp = ['z', number, number];

/** Two lines of one env, by their values at the same steps. */
export interface WirePair {
  gen: [number, number];
  count: [number, number];
  b: number;
  exact: boolean;
  step: WireColumn;
  x: WireColumn;
  y: WireColumn;
}

export type PairOp = ['p', number, number, WirePair];
export type Op =
  EnvOp | WindowOp | AppendOp | LineOp | GrownOp | SampleOp | SamplesOp | CloseOp | ZeroOp | PairOp;

/** What a plot may ask beyond lines as they are: docs/protocol.md, `want`. */
export interface Question {
  width: number;
  traces?: number[];
  time?: true;
  have?: Record<string, [number, number]>;
  x0?: number;
  x1?: number;
  pairs?: [number, number][];
}

export interface Snap {
  t: 'snap';
  env: number;
  name: string;
  rev: number;
  role: Role;
  full: boolean;
  part?: number;
  last: boolean;
  ops: Op[];
  /** Of a comparison: its envs by number, and names that were left out. */
  envs?: { n: number; id: number; name: string; colour?: number | null }[];
  left_out?: string[];
}

export interface Delta {
  t: 'delta';
  env: number;
  to: number;
  ops: Op[];
}

export interface Data {
  t: 'data';
  env: number;
  req: number;
  ops: Op[];
  error?: ServerError;
}

/** How the work on a comparison is getting on that a page waits for. */
export interface JobNews {
  t: 'job';
  env: number;
  name: string;
  job: number;
  state: string;
  progress: number;
}

export type ServerFrame =
  | { t: 'hello'; readonly: boolean; limits: Record<string, number>; server: string }
  | Snap
  | Delta
  | Data
  | JobNews
  | AssetFrame
  | { t: 'lag'; env: number }
  | { t: 'gone'; env: number | null; name: string; error: ServerError }
  | { t: 'error'; error: ServerError }
  | { t: 'ping'; v: unknown }
  | { t: 'pong'; v: unknown };

export type PageFrame =
  | { t: 'sub'; env: string; rev?: number; have?: Record<string, [number, number]>; width: number }
  | {
      t: 'compare';
      envs: string[];
      name: string;
      width: number;
      have?: Record<string, [number, number]>;
      windows?: Record<string, number>;
    }
  | { t: 'unsub'; env: number }
  | {
      t: 'want';
      env: number;
      req: number;
      traces?: number[];
      windows?: number[];
      /** Windows whose samples are wanted, of all steps. */
      samples?: number[];
      /** Of those that are here in part, what the server called that part. */
      marks?: Record<number, string>;
      /** Files whose renditions are of interest. */
      assets?: string[];
      x0?: number;
      x1?: number;
      width?: number;
      time?: true;
      have?: Record<string, [number, number]>;
      pairs?: [number, number][];
    }
  | { t: 'event'; env: number; window: number; event: Record<string, unknown> }
  | { t: 'ack'; bytes: number }
  | { t: 'ping'; v: unknown }
  | { t: 'pong'; v: unknown };

export function decodeFrame(data: ArrayBuffer | Uint8Array): ServerFrame {
  return decode(data) as ServerFrame;
}

export function encodeFrame(frame: PageFrame): Uint8Array<ArrayBuffer> {
  return encode(frame, { ignoreUndefined: true });
}
