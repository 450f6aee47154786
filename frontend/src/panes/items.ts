/** The items of a properties window, as they come: whatever else a program wrote among them is left out. */

export interface Item {
  type: 'text' | 'number' | 'button' | 'checkbox' | 'select';
  name: string;
  value: unknown;
  values?: unknown[];
}

const TYPES: readonly unknown[] = ['text', 'number', 'button', 'checkbox', 'select'];

export function itemsOf(content: unknown): Item[] {
  const items = (content as { items?: unknown } | null)?.items;
  if (!Array.isArray(items)) return [];
  return items.map((item: Partial<Item>) => ({
    ...item,
    type: TYPES.includes(item?.type) ? item.type! : 'text',
    name: String(item?.name ?? ''),
    value: item?.value,
  }));
}

/** Sign, fraction and exponent as people and programs write them. */
export function isNumber(text: string): boolean {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text.trim());
}

/** What a button says. */
export function pressText({ name, value }: Item): string {
  return String(value ?? '').trim() || name.trim() || 'Press';
}

/** What a button is called: its name and what it says, for who speaks to it says what is seen. */
export function pressLabel(item: Item): string {
  const text = pressText(item);
  const name = item.name.trim();
  return name === '' || text.includes(name) ? text : `${name}: ${text}`;
}

/** A value for those who only read. */
export function shownValue({ type, value, values }: Item): string {
  if (type === 'checkbox') return value === true ? 'yes' : 'no';
  if (type === 'select') return String(values?.[Number(value)] ?? value ?? '');
  return value === null || value === undefined || value === '' ? '–' : String(value);
}
