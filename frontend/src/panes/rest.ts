/** The addresses of one window on REST, for what panes fetch and change there. */

import { Api, keyPath } from '../lib/api';
import { readBoot } from '../live/boot';
import type { LiveEnv, WindowState } from '../live/types';

let known: Api | null = null;

const boot = () => {
  const read = readBoot();
  if (!read) throw new Error('This page shows no env.');
  return read;
};

export const api = (): Api => (known ??= new Api(boot()));

/** Fetches something that is not JSON. */
export async function fetchRaw(path: string, type: string): Promise<Response> {
  const answer = await fetch(boot().api_url + path, { headers: { Accept: type } });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return answer;
}

/** The address of a window, or of a part of it such as `/object`. */
export function windowPath(live: LiveEnv, pane: WindowState, part = '/window'): string {
  const env = live.env ? `${live.env.workspace}/${live.env.name}` : live.name;
  return keyPath(env, pane.key, part);
}
