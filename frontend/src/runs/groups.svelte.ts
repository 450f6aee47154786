/**
 * The groups into which the runs table has sorted the envs of the page. Metric plots draw one mean line and a band of lowest to
 * highest for each of them, instead of a line for each env.
 */

import { getContext, setContext } from 'svelte';

export interface RunGroup {
  /** What the members have in common, in words: `status: finished · lr: 0.1`. */
  label: string;
  /** Full names (`workspace/name`) of the members among the envs of the page, in the table's order. */
  envs: readonly string[];
  colour: string;
}

export class Groups {
  /** Empty where nothing is grouped: each env has its own line. */
  list = $state.raw<readonly RunGroup[]>([]);

  readonly isOn = $derived(this.list.length > 0);
  readonly #byEnv = $derived(
    new Map(this.list.flatMap((group) => group.envs.map((env) => [env, group] as const))),
  );

  /** The group of an env, by its full name. */
  of(env: string): RunGroup | null {
    return this.#byEnv.get(env) ?? null;
  }
}

const KEY = Symbol('groups');
const none = new Groups();

export function setGroups(groups: Groups): Groups {
  return setContext(KEY, groups);
}

/** The groups of the page; on pages without a runs table there are none. Call it while a component is being made. */
export function getGroups(): Groups {
  return getContext<Groups | undefined>(KEY) ?? none;
}
