import { expect, test } from 'vitest';
import { inTwo } from './middle';

test('a long name keeps its end in sight', () => {
  expect(inTwo('autoencoder_1129-131910_code8-fast')).toEqual(['autoencoder_1129-131910_c', 'ode8-fast']);
});

test('a short name stays whole', () => {
  expect(inTwo('digits_1129')).toEqual(['digits_1129', '']);
  expect(inTwo('')).toEqual(['', '']);
});

test('letters that may depend on their neighbours are never parted', () => {
  const name = 'चलो_प्रयोग_एक_दो_तीन_चार';
  expect(inTwo(name)).toEqual([name, '']);
});
