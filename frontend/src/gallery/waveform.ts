/** The outline of a sound: for each bit of its length the lowest and the highest value, from -1 to 1. */

export type Peak = readonly [low: number, high: number];

export function peaksOf(json: unknown): readonly Peak[] {
  const { peaks } = (typeof json === 'object' && json !== null ? json : {}) as { peaks?: unknown };
  if (!Array.isArray(peaks)) return [];
  return peaks.filter(Array.isArray).map(([low, high]: unknown[]) => [within(low), within(high)] as const);
}

const within = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0;
