import { describe, expect, it } from 'vitest';
import { tree } from './tree';

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
