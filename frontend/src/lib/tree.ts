/**
 * Envs as a tree: `_` in a name opens a branch, as in visdom, and the workspace is the root. A branch with one leaf is no branch:
 * it is shown with its whole name.
 */

export interface TreeEnv {
  workspace: string;
  name: string;
}

export interface Branch<T extends TreeEnv> {
  /** What the branch's envs begin with, such as `resnet`. */
  label: string;
  /** Unique in the tree. */
  id: string;
  envs: T[];
}

export interface Group<T extends TreeEnv> {
  workspace: string;
  /** In order of names; single envs and branches mixed. */
  nodes: ({ env: T } | { branch: Branch<T> })[];
}

/** Groups by workspace (mine first, the others by name), then by the part before the first `_`. */
export function tree<T extends TreeEnv>(envs: readonly T[], mine: string | null): Group<T>[] {
  const groups = new Map<string, T[]>();
  for (const env of envs) {
    const group = groups.get(env.workspace);
    if (group) group.push(env);
    else groups.set(env.workspace, [env]);
  }
  const order = (name: string) => (name === mine ? 0 : 1);
  return [...groups]
    .sort(([a], [b]) => order(a) - order(b) || compare(a, b))
    .map(([workspace, members]) => ({ workspace, nodes: nodes(workspace, members) }));
}

function nodes<T extends TreeEnv>(workspace: string, envs: T[]): Group<T>['nodes'] {
  const sorted = [...envs].sort((a, b) => compare(a.name, b.name));
  const stems = new Map<string, T[]>();
  for (const env of sorted) {
    const stem = env.name.split('_', 1)[0] ?? '';
    stems.set(stem, [...(stems.get(stem) ?? []), env]);
  }
  return [...stems].flatMap(([label, members]): Group<T>['nodes'] =>
    members.length > 1 && label !== ''
      ? [{ branch: { label, id: `${workspace}/${label}`, envs: members } }]
      : members.map((env) => ({ env })),
  );
}

/** As people sort: `run_2` before `run_10`. */
export function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' }) || (a < b ? -1 : a > b ? 1 : 0);
}
