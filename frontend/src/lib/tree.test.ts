import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullName, tree, treeRows } from './tree';

const env = (path: string) => {
  const [workspace = '', name = ''] = path.split('/');
  return { workspace, name };
};

describe('tree', () => {
  it('begins with my own workspace', () => {
    const groups = tree([env('alpha/x'), env('me/main'), env('beta/y')], 'me');
    expect(groups.map((group) => group.workspace)).toEqual(['me', 'alpha', 'beta']);
  });

  it('makes a branch of two or more envs that begin alike, and none of one', () => {
    const [group] = tree([env('me/run_10'), env('me/run_2'), env('me/solo_1'), env('me/main')], 'me');
    expect(
      group?.nodes.map((node) =>
        'env' in node ? node.env.name : [node.branch.label, ...node.branch.envs.map((one) => one.name)],
      ),
    ).toEqual(['main', ['run', 'run_2', 'run_10'], 'solo_1']);
  });

  it('takes names that begin with an underscore as they are', () => {
    const [group] = tree([env('me/_a'), env('me/_b')], null);
    expect(group?.nodes).toHaveLength(2);
  });
});

describe('the lines of a tree', () => {
  const envs = ['me/run', 'me/run_2', 'me/solo', 'team/x'].map(env);
  const labels = (isOpen: (id: string) => boolean) =>
    treeRows(tree(envs, 'me'), isOpen).map((row) => `${'.'.repeat(row.depth)}${row.label}`);

  it('hold an env whose name also begins others, beside the branch', () => {
    expect(labels(() => true)).toEqual(['me', '.run', '..run', '..run_2', '.solo', 'team', '.x']);
  });

  it('leave out what is closed', () => {
    expect(labels((id) => id !== 'branch:me/run')).toEqual(['me', '.run', '.solo', 'team', '.x']);
    expect(labels((id) => id !== 'workspace:me')).toEqual(['me', 'team', '.x']);
  });

  it('hold each env exactly once, under lines that hold it, too', () => {
    const names = fc.array(fc.tuple(fc.constantFrom('me', 'a', 'b'), fc.stringMatching(/^[ab_]{1,6}$/)));
    fc.assert(
      fc.property(names, (pairs) => {
        const all = [...new Map(pairs.map((pair) => [pair.join('/'), env(pair.join('/'))])).values()];
        const rows = treeRows(tree(all, 'me'), () => true);
        const leaves = rows.filter((row) => row.kind === 'env').map((row) => row.id);
        expect(leaves.sort()).toEqual(all.map(fullName).sort());
        expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
        const heads = rows.filter((row) => row.kind === 'workspace').flatMap((row) => row.envs.map(fullName));
        expect(heads.sort()).toEqual(all.map(fullName).sort());
      }),
    );
  });

  it('of thousands are made in a moment', () => {
    const many = Array.from({ length: 5000 }, (_, index) => env(`me/sweep${index % 40}_lr${index}`));
    const began = performance.now();
    expect(treeRows(tree(many, 'me'), () => true)).toHaveLength(5041);
    expect(performance.now() - began).toBeLessThan(500);
  });
});
