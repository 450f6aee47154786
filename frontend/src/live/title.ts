import type { WindowState } from './types';

/** What a window is called: its title, else its key; words where both are empty. */
export function titleOf({ title, key }: Pick<WindowState, 'title' | 'key'>): string {
  return [title, key].find((text) => text.trim() !== '') ?? 'Untitled';
}
