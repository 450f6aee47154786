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
    const members = stems.get(stem);
    if (members) members.push(env);
    else stems.set(stem, [env]);
  }
  return [...stems].flatMap(([label, members]): Group<T>['nodes'] =>
    members.length > 1 && label !== ''
      ? [{ branch: { label, id: `${workspace}/${label}`, envs: members } }]
      : members.map((env) => ({ env })),
  );
}

const people = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** As people sort: `run_2` before `run_10`. */
export function compare(a: string, b: string): number {
  return people.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** One line of the tree on screen. `id` is unique; for an env it is `workspace/name`. */
export interface TreeRow<T extends TreeEnv> {
  id: string;
  kind: 'workspace' | 'branch' | 'env';
  label: string;
  depth: number;
  /** The envs that lie here: of an env, itself. */
  envs: readonly T[];
  isOpen: boolean;
}

export const fullName = (env: TreeEnv): string => `${env.workspace}/${env.name}`;

/** The lines of a tree, those in closed branches and workspaces left out. */
export function treeRows<T extends TreeEnv>(
  groups: readonly Group<T>[],
  isOpen: (id: string) => boolean,
): TreeRow<T>[] {
  const rows: TreeRow<T>[] = [];
  const leaf = (env: T, depth: number): TreeRow<T> => ({
    id: fullName(env),
    kind: 'env',
    label: env.name,
    depth,
    envs: [env],
    isOpen: false,
  });
  for (const { workspace, nodes } of groups) {
    const id = `workspace:${workspace}`;
    const envs = nodes.flatMap((node) => ('env' in node ? [node.env] : node.branch.envs));
    rows.push({ id, kind: 'workspace', label: workspace, depth: 0, envs, isOpen: isOpen(id) });
    if (!isOpen(id)) continue;
    for (const node of nodes) {
      if ('env' in node) {
        rows.push(leaf(node.env, 1));
        continue;
      }
      const { branch } = node;
      const id = `branch:${branch.id}`;
      rows.push({ id, kind: 'branch', label: branch.label, depth: 1, envs: branch.envs, isOpen: isOpen(id) });
      if (isOpen(id)) for (const env of branch.envs) rows.push(leaf(env, 2));
    }
  }
  return rows;
}
