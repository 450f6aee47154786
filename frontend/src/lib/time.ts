/** Times as people say them, with the exact one for the title. */

const STEPS: [seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 'second'],
  [3600, 'minute'],
  [86_400, 'hour'],
  [604_800, 'day'],
  [2_629_800, 'week'],
  [31_557_600, 'month'],
  [Infinity, 'year'],
];
const SIZES: Partial<Record<Intl.RelativeTimeFormatUnit, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_629_800,
  year: 31_557_600,
};

// Made once: a table writes hundreds of times in a frame.
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const toTheSecond = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** "just now", "5 minutes ago", "in 3 weeks". */
export function relative(when: Date, now: Date = new Date()): string {
  const seconds = (when.getTime() - now.getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return seconds > 0 ? 'in a moment' : 'just now';
  const unit = STEPS.find(([limit]) => size < limit)?.[1] ?? 'year';
  const count = seconds / (SIZES[unit] ?? 1);
  // What is past is over by whole units; what is to come is said to the nearest one.
  return ago.format((seconds < 0 ? Math.trunc(count) : Math.round(count)) || Math.sign(seconds), unit);
}

/** "Sat 21 Nov 2026, 21:04:09", in this browser's time zone. */
export function exact(when: Date): string {
  return toTheSecond.format(when);
}

/** "21:04"; with the day in front when it is not today. */
export function clock(when: Date, now: Date = new Date()): string {
  const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(when);
  if (when.toDateString() === now.toDateString()) return time;
  return `${new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' }).format(when)}, ${time}`;
}
