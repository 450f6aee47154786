/** The saved views of an env: read when they are asked for, written through REST. */

import { parse } from '../board/layout';
import type { OpenView } from '../board/wall.svelte';
import { parseState } from '../gallery/pins/pins.svelte';
import { SECTIONED } from '../gallery/sections/kept.svelte';
import type { StepsJson } from '../gallery/steps.svelte';
import { type Api, envPath, type ViewRow } from '../lib/api';
import { asMetrics } from '../plots/metrics/page.svelte';

/** What the working arrangement is called; no saved view has this name. */
export const CURRENT = 'current';

export class Views {
  /** Null before the first answer. */
  rows = $state.raw<readonly ViewRow[] | null>(null);

  /** `env` is asked for at each use: an env may be renamed while it is watched. */
  constructor(
    private readonly api: Api,
    private readonly env: () => string,
  ) {}

  async load(): Promise<void> {
    this.rows = await this.api.all<ViewRow>(this.path());
  }

  async get(name: string): Promise<OpenView> {
    return opened(await this.api.get<ViewRow>(this.path(name)));
  }

  async save(view: OpenView): Promise<void> {
    await this.put(view.name, carried(view));
  }

  /** Deletes a view; what it returns puts it back as it was. */
  async remove(row: ViewRow): Promise<() => Promise<void>> {
    await this.api.send('DELETE', this.path(row.name));
    this.rows = this.rows?.filter((one) => one.name !== row.name) ?? null;
    return () => this.put(row.name, row.state);
  }

  private async put(name: string, state: Record<string, unknown>): Promise<void> {
    await this.api.send('PUT', this.path(name), { state });
    await this.load();
  }

  private path(name?: string): string {
    const views = `${envPath(this.env())}/views`;
    return name === undefined ? views : `${views}/${encodeURIComponent(name)}`;
  }
}

/** What a view and a share link have of a page, as plain JSON. */
export function carried({ layout, filter, isSectioned, pins, steps, metrics }: OpenView): ViewRow['state'] {
  return {
    layout,
    filter,
    ...(isSectioned ? { wall: SECTIONED } : {}),
    ...pins,
    ...(steps ? { steps } : {}),
    ...(metrics ? { metrics } : {}),
  };
}

/** A saved view, or what a link has, as the wall shows it; what cannot be read of it is left out. */
export function opened(row: Pick<ViewRow, 'name' | 'state'>): OpenView {
  const { layout, filter, wall } = row.state;
  return {
    name: row.name,
    layout: parse(layout),
    filter: typeof filter === 'string' ? filter : '',
    isSectioned: wall === SECTIONED,
    pins: parseState(row.state),
    steps: asSteps(row.state['steps']),
    metrics: asMetrics(row.state['metrics']),
  };
}

/** Steps are read as far as they can be where they are restored. */
export function asSteps(value: unknown): StepsJson | null {
  return typeof value === 'object' && value !== null ? value : null;
}
