/**
 * What can be done with envs as a whole: make, fork, rename, clear, delete, go back to a snapshot. Whatever takes something away can be
 * undone from the notice that says so.
 */

import { type Api, envPath, said, type SnapshotRow } from '../lib/api';
import { toasts } from './toasts.svelte';

export interface EnvAction {
  label: string;
  group: number;
  isDangerous?: boolean;
  isDisabled?: boolean;
  run: () => void;
}

/** Saves an env as one file: the browser fetches it as it comes, however large it is. */
export function exportEnv(apiUrl: string, env: string, format: 'panewall' | 'visdom'): void {
  const link = document.createElement('a');
  link.href = `${apiUrl}${envPath(env)}/export?format=${format}`;
  link.download = '';
  link.click();
}

const nameOf = (env: string) => env.slice(env.indexOf('/') + 1);
const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;

export class Manager {
  constructor(
    private readonly api: Api,
    /** The list of envs may have changed. */
    private readonly onchanged: () => void,
  ) {}

  async create(name: string, workspace: string): Promise<string> {
    const made = await this.api.send<{ full_name: string }>('POST', '/envs', { name, workspace });
    this.onchanged();
    return made.full_name;
  }

  async fork(env: string, name: string, workspace: string): Promise<string> {
    const path = `${envPath(env)}/fork`;
    const made = await this.api.send<{ full_name: string }>('POST', path, { to: name, workspace });
    this.onchanged();
    return made.full_name;
  }

  async rename(env: string, name: string): Promise<void> {
    if (name !== nameOf(env)) await this.api.send('PATCH', envPath(env), { name });
    this.onchanged();
  }

  /** Closes all windows. `windows` are the ids of those that an undo brings back. */
  async clear(env: string, windows: readonly number[]): Promise<void> {
    try {
      await this.api.send('POST', `${envPath(env)}/clear`);
    } catch (error) {
      toasts.add(`“${nameOf(env)}” is as it was. ${said(error)}`, { kind: 'bad' });
      return;
    }
    toasts.add(`Closed ${counted(windows.length, 'window')}`, {
      action: { label: 'Undo', run: () => void this.reopen(env, windows) },
    });
  }

  /** Deletes envs; `onback` is told the names of those that an undo brought back. */
  async remove(
    envs: readonly string[],
    onback: (envs: readonly string[]) => void,
  ): Promise<readonly string[]> {
    const gone: string[] = [];
    for (const env of envs) {
      try {
        await this.api.send('DELETE', envPath(env));
        gone.push(env);
      } catch (error) {
        toasts.add(`“${nameOf(env)}” is still there. ${said(error)}`, { kind: 'bad' });
      }
    }
    this.onchanged();
    const what = gone.length === 1 ? `“${nameOf(gone[0]!)}”` : counted(gone.length, 'env');
    if (gone.length > 0) {
      toasts.add(`Deleted ${what}`, {
        action: { label: 'Undo', run: () => void this.bringBack(gone).then(onback) },
      });
    }
    return gone;
  }

  /** Undoes deletions; returns the names of those that came back. */
  async bringBack(envs: readonly string[]): Promise<readonly string[]> {
    const back: string[] = [];
    for (const env of envs) {
      try {
        await this.api.send('POST', `${envPath(env)}/restore`, {});
        back.push(env);
      } catch (error) {
        toasts.add(`“${nameOf(env)}” did not come back. ${said(error)}`, { kind: 'bad' });
      }
    }
    this.onchanged();
    return back;
  }

  /** Makes the env show what it showed then; the undo goes back to what it showed now. */
  async goBackTo(env: string, snapshot: SnapshotRow): Promise<void> {
    const path = (id: number) => `${envPath(env)}/snapshots/${id}/restore`;
    const former = await this.api.send<SnapshotRow>('POST', path(snapshot.id));
    toasts.add(`“${nameOf(env)}” is as it was at “${snapshot.name}”`, {
      action: {
        label: 'Undo',
        run: () =>
          void this.api.send('POST', path(former.id)).catch((error: unknown) => {
            toasts.add(`That could not be undone. ${said(error)}`, { kind: 'bad' });
          }),
      },
    });
  }

  private async reopen(env: string, ids: readonly number[]): Promise<void> {
    try {
      const answer = await this.api.send<{ refused: Record<string, unknown> }>(
        'POST',
        `${envPath(env)}/closed-windows/restore`,
        { ids },
      );
      const left = Object.keys(answer.refused).length;
      if (left > 0) {
        const why = 'Something new was written in their place.';
        toasts.add(`${counted(left, 'window')} stayed closed. ${why}`, { kind: 'bad' });
      }
    } catch (error) {
      toasts.add(`The windows are still closed. ${said(error)}`, { kind: 'bad' });
    }
  }
}
