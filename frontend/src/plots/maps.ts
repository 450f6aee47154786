/** Maps of attributes, as figures are made of them. */

export type Attributes = Record<string, unknown>;

export function isMap(value: unknown): value is Attributes {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof ArrayBuffer)
  );
}
