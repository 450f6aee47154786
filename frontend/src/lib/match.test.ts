import { describe, expect, it } from 'vitest';
import { score, search } from './match';

describe('search', () => {
  const names = ['resnet_lr01', 'my resnet', 'unresnetted', 'bert'];

  it('puts beginnings before word beginnings before insides', () => {
    expect(search(names, 'resnet', String)).toEqual(['resnet_lr01', 'my resnet', 'unresnetted']);
  });

  it('asks for every word, in any order and case', () => {
    expect(search(names, 'LR01 res', String)).toEqual(['resnet_lr01']);
    expect(score('resnet', 'res bert')).toBeNull();
  });

  it('keeps all in order for an empty query', () => {
    expect(search(names, '  ', String)).toEqual(names);
  });
});
