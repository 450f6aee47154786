/** The list of envs behind the tree, and which of them are checked in it. */

import { type Api, type EnvRow, said } from '../lib/api';
import { learnColour } from '../lib/envColour';
import { fullName } from '../lib/tree';

const SEARCH_REST_MS = 200;
const FRESH_MS = 2_000;

export class EnvList {
  /** Null before the first answer. */
  rows = $state.raw<readonly EnvRow[] | null>(null);
  problem = $state.raw<string | null>(null);
  private isAll = true;
  private askedAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    this.askedAt = performance.now();
    try {
      const { rows, count } = await this.api.envNames();
      learnColours(rows);
      this.rows = rows;
      this.isAll = count <= rows.length;
      this.problem = null;
    } catch (error) {
      this.problem = said(error);
    }
  }

  /** Reads the list anew unless that was just done. */
  freshen(): void {
    if (performance.now() - this.askedAt > FRESH_MS) void this.load();
  }

  /** What the wall knows of its env, sooner than the list that is read from time to time. */
  learn({ workspace, name, status }: Pick<EnvRow, 'workspace' | 'name' | 'status'>): void {
    const at = this.rows?.findIndex((row) => row.name === name && row.workspace === workspace) ?? -1;
    const row = this.rows?.[at];
    if (row && row.status !== status) this.rows = this.rows!.with(at, { ...row, status });
  }

  /** Where there are more envs than a list holds, the server searches too. */
  search(query: string): void {
    clearTimeout(this.timer);
    if (this.isAll || !query.trim()) return;
    this.timer = setTimeout(async () => {
      const found = await this.api.findEnvs(query.trim()).catch(() => []);
      const known = new Set((this.rows ?? []).map(fullName));
      const more = found.filter((one) => !known.has(fullName(one)));
      learnColours(more);
      if (more.length > 0) this.rows = [...(this.rows ?? []), ...more];
    }, SEARCH_REST_MS);
  }
}

function learnColours(rows: readonly EnvRow[]): void {
  for (const row of rows) learnColour(fullName(row), row.colour);
}

/** Names of the checked envs, in the order in which they were checked. */
export class Choice {
  names = $state.raw<readonly string[]>([]);
  readonly set = $derived(new Set(this.names));

  reset(names: readonly string[]): void {
    this.names = [...names];
  }

  /** Checks all of these, or, if they are, none of them. */
  toggle(names: readonly string[]): void {
    const isAll = names.every((name) => this.set.has(name));
    const others = this.names.filter((name) => !names.includes(name));
    this.names = isAll ? others : [...this.names, ...names.filter((name) => !this.set.has(name))];
  }

  state(names: readonly string[]): 'true' | 'false' | 'mixed' {
    const count = names.reduce((sum, name) => sum + (this.set.has(name) ? 1 : 0), 0);
    return count === 0 ? 'false' : count === names.length ? 'true' : 'mixed';
  }
}
