/** What the page says of pins: provenance, and what came of a best-step action. */

import type { Best, Mode, Pin } from './precedence';

/** Why an env, or one card of it, got no pin. */
export interface Missed {
  readonly env: string;
  readonly card?: string | null;
  readonly reason: 'no_env' | 'no_metric' | 'no_points' | 'no_images' | 'out_of_reach' | (string & {});
  readonly detail: string;
}

/** What is asked of a best-step action. */
export interface BestAsked {
  readonly metric: string;
  readonly mode: Mode;
  readonly with_image: boolean;
  readonly tolerance: number;
}

const STEPS_UP = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const NAMED = 6;

/** Four significant digits without idle zeros; k, M, G … from a thousand on, an exponent below 0.0001. */
export function numberText(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.0001) return plainExponent(value);
  let power = 0;
  let shown = Number(value.toPrecision(4));
  while (Math.abs(shown) >= 1000 && power < STEPS_UP.length - 1) {
    shown /= 1000;
    power += 1;
  }
  if (Math.abs(shown) >= 1000) return plainExponent(value);
  return `${Number(shown.toPrecision(4))}${STEPS_UP[power]}`;
}

function plainExponent(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential(3).split('e');
  return `${Number(digits)}e${exponent.replace('+', '')}`;
}

/**
 * Why a best-step pin is where it is, line by line. `hasImage` says whether the cell that asks shows anything at the pinned step;
 * without it counts what was so when it was pinned.
 */
export function provenance(pin: Pin, hasImage?: boolean): string[] {
  const { best } = pin;
  if (!best) return [];
  const value = best.value === null ? '' : ` = ${numberText(best.value)}`;
  const lines = [`Pinned at ${best.mode} ${best.metric}${value}`, `Metric step: ${best.metric_step}`];
  if (!(hasImage ?? best.has_image)) lines.push(`No image at step ${pin.step}`);
  else if (best.distance === 0) lines.push('Image step matches metric step exactly');
  else lines.push(`Image step ${pin.step} is ${stepsText(best.distance)} away`);
  if (best.alternative) lines.push(alternativeText(best));
  return lines;
}

function alternativeText({ alternative, tolerance }: Best): string {
  const { step, exact, within } = alternative!;
  if (exact) return `Tied with image step ${step}, exactly as near: the later one was preferred`;
  return `${within} image steps lie within ${stepsText(tolerance)}; the nearest other is ${step}, no exact tie`;
}

/** What a best-step action did: `Pinned 7 of 9 runs; 2 have no val/loss point within 20 steps of an image: a, b`. */
export function outcomeText(
  asked: BestAsked,
  envs: readonly string[],
  pinned: ReadonlySet<string>,
  missed: readonly Missed[],
): string {
  const byReason = new Map<string, string[]>();
  for (const env of envs) {
    if (pinned.has(env)) continue;
    const reason =
      missed.find((one) => one.env === env && !one.card)?.reason ??
      missed.find((one) => one.env === env)?.reason ??
      'no_points';
    byReason.set(reason, [...(byReason.get(reason) ?? []), env]);
  }
  const parts = [`Pinned ${pinned.size} of ${envs.length} ${envs.length === 1 ? 'run' : 'runs'}`];
  for (const [reason, names] of byReason) parts.push(`${why(reason, names.length, asked)}: ${listed(names)}`);
  for (const [names, cards] of missedPanels(pinned, missed)) {
    const reason = why('out_of_reach', names.length, asked);
    parts.push(`in ${listed(cards)} ${reason}: ${listed(names)}`);
  }
  if (pinned.size === 0) parts.push('the pins are as they were');
  return parts.join('; ');
}

/** Panels that have no pin of runs which are pinned elsewhere; those of the same runs together. */
function missedPanels(
  pinned: ReadonlySet<string>,
  missed: readonly Missed[],
): readonly (readonly [names: readonly string[], cards: readonly string[]])[] {
  const byCard = new Map<string, string[]>();
  for (const { env, card } of missed)
    if (card && pinned.has(env)) byCard.set(card, [...(byCard.get(card) ?? []), env]);
  const byNames = new Map<string, [string[], string[]]>();
  for (const [card, names] of byCard) {
    const key = JSON.stringify(names);
    const [, cards] = byNames.get(key) ?? [names, []];
    byNames.set(key, [names, [...cards, card]]);
  }
  return [...byNames.values()];
}

function why(reason: string, count: number, { metric, tolerance }: BestAsked): string {
  const have = count === 1 ? '1 has' : `${count} have`;
  if (reason === 'no_metric') return `${have} no metric ${metric}`;
  if (reason === 'no_points') return `${have} no finite ${metric} point`;
  if (reason === 'no_images') return `${have} no images`;
  if (reason === 'no_env') return count === 1 ? '1 is not there' : `${count} are not there`;
  return `${have} no ${metric} point within ${stepsText(tolerance)} of an image`;
}

function listed(names: readonly string[]): string {
  if (names.length <= NAMED) return names.join(', ');
  return `${names.slice(0, NAMED - 1).join(', ')} and ${names.length - NAMED + 1} more`;
}

function stepsText(count: number): string {
  return count === 1 ? '1 step' : `${count} steps`;
}
