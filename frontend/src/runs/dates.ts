/** What a date in a filter means: a day, or a moment, by the clock of this browser. */

export interface Span {
  readonly from: Date;
  /** The first moment after it. */
  readonly to: Date;
}

const FORM = /^([1-9]\d{3})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?(Z|[+-]\d\d:\d\d)?$/i;

/** `2026-01-31` is that day, `2026-01-31 14:30` that minute; at another clock where it says so (`Z`, `+01:00`). Null: no such date. */
export function spanOf(text: string): Span | null {
  const parts = FORM.exec(text.trim());
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const zone = parts[7]?.toUpperCase();
  const at = (days: number, seconds: number): Date =>
    zone === undefined
      ? new Date(year!, month! - 1, day! + days, hour, minute, second! + seconds)
      : new Date(Date.UTC(year!, month! - 1, day! + days, hour, minute, second! + seconds) - offsetOf(zone));
  const isThere =
    new Date(Date.UTC(year!, month! - 1, day!)).getUTCDate() === day &&
    month! <= 12 &&
    hour! < 24 &&
    minute! < 60 &&
    second! < 60;
  if (!isThere) return null;
  const [days, seconds] = parts[4] === undefined ? [1, 0] : parts[6] === undefined ? [0, 60] : [0, 1];
  return { from: at(0, 0), to: at(days, seconds) };
}

/** In milliseconds. */
function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours, minutes] = zone.slice(1).split(':').map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours! * 60 + minutes!) * 60_000;
}

/** What this browser calls the place of its clock. */
export function clock(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
