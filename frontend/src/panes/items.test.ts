import { describe, expect, it } from 'vitest';
import { isNumber, itemsOf, pressLabel, pressText, shownValue } from './items';

describe('the items of a properties window', () => {
  it('take numbers with sign and exponent', () => {
    for (const text of ['0', '-1.5', '+2', '.5', '3.', '1e-4', ' -2.5E+10 '])
      expect(isNumber(text)).toBe(true);
    for (const text of ['', '-', '1,5', 'e4', '1e', '0x10', 'NaN']) expect(isNumber(text)).toBe(false);
  });

  it('are read whatever a program wrote', () => {
    expect(itemsOf(null)).toEqual([]);
    expect(itemsOf({ items: 'x' })).toEqual([]);
    expect(itemsOf({ items: [{ type: 'dial', value: 3 }] })).toEqual([{ type: 'text', name: '', value: 3 }]);
  });

  it('are said in words to those who only read', () => {
    expect(shownValue({ type: 'select', name: '', value: 1, values: ['sgd', 'adam'] })).toBe('adam');
    expect(shownValue({ type: 'checkbox', name: '', value: true })).toBe('yes');
    expect(shownValue({ type: 'text', name: '', value: '' })).toBe('–');
  });

  it.each([
    ['Checkpoint', 'Save now', 'Save now', 'Checkpoint: Save now'],
    ['Save', 'Save now', 'Save now', 'Save now'],
    ['', 'Go', 'Go', 'Go'],
    ['Go', '', 'Go', 'Go'],
    ['', null, 'Press', 'Press'],
  ])('are buttons of name %j and value %j that say %j and are called %j', (name, value, text, label) => {
    const item = { type: 'button', name, value } as const;
    expect(pressText(item)).toBe(text);
    expect(pressLabel(item)).toBe(label);
  });
});
