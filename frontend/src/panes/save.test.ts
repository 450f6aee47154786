import { describe, expect, it } from 'vitest';
import { ending, fileName } from './save';

describe('a file name', () => {
  it('has nothing that a file system refuses', () => {
    expect(fileName('train/loss: "a|b"\u0000.png')).toBe('train-loss- -a-b-.png');
    expect(fileName('../../etc/passwd')).toBe('etc-passwd');
    expect(fileName('///')).toBe('window');
  });

  it('is cut when it is too long, but keeps its ending', () => {
    const name = fileName(`${'x'.repeat(500)}.png`);
    expect(name).toHaveLength(104);
    expect(name.endsWith('.png')).toBe(true);
  });
});

it('a file ends as its type is usually called', () => {
  expect(ending('image/jpeg')).toBe('jpg');
  expect(ending('text/plain; charset=utf-8')).toBe('txt');
  expect(ending('application/vnd.panewall.table+json')).toBe('json');
  expect(ending('')).toBe('bin');
});
