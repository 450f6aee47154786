/** Values as people read them. */

const PLAIN = new Intl.NumberFormat('en', { maximumSignificantDigits: 5, useGrouping: false });
const WHOLE = new Intl.NumberFormat('en', { useGrouping: true });

/** A value as people read it: five digits that count, powers of ten where it is very large or small. */
export function formatValue(value: number | null | undefined): string {
  if (value == null) return '–';
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return WHOLE.format(value).replaceAll(',', '\u202f');
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(3).replace('e+', 'e');
  return PLAIN.format(value);
}
