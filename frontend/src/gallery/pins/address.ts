/**
 * Pins as they lie in an address: short, and to be read by people. `pins=0:120@val/samples,1:300` holds the first env at step 120 in
 * one card and the second at 300 everywhere; `best=min:20:val/loss` says what pins marked by `*` were found by.
 *
 *     pin   = env ":" step ["." sample] ["*" [value] "~" metric step ["~" other ("t" | "n") within] ["o"]] where
 *     where = "@" card | ["^" card of origin] {"!" card left out}
 *
 * The env is its place among those of the page; "t" is an exact tie, "o" a step without any image.
 */

import type { PinState } from './pins.svelte';
import { type Best, type Mode, parsePins, type Pin } from './precedence';
import type { BestAsked } from './words';

/** Longer than this, details go, and then the pins: the person's own are on the server, too. */
const LONGEST = 6000;
const DEFAULT_TOLERANCE = 20;

/** The part of a query that says these pins, "" if nothing is to be said or it would be too long. */
export function pinsQuery(state: PinState | null, envs: readonly (string | null)[]): string {
  if (state === null) return '';
  const best = state.follow ?? state.pins.find((pin) => pin.best)?.best ?? null;
  for (const hasDetails of [true, false]) {
    const tokens = state.pins.flatMap((pin) => {
      const n = envs.indexOf(pin.env);
      return n < 0 ? [] : [token(pin, n, hasDetails)];
    });
    const said = [`pins=${quoted(tokens.join(','))}`];
    if (best) said.push(`best=${quoted(bestText(best, state.follow !== null))}`);
    const query = said.join('&');
    if (query.length <= LONGEST) return query;
  }
  return '';
}

/** The address with this said in it, too. */
export function withPins(address: string, ...queries: string[]): string {
  const query = queries.filter(Boolean).join('&');
  if (!query) return address;
  return `${address}${address.includes('?') ? '&' : '?'}${query}`;
}

/** The pins that an address says, or null if it says none. */
export function pinsOf(search: URLSearchParams, envs: readonly (string | null)[]): PinState | null {
  const text = search.get('pins');
  if (text === null) return null;
  const found = bestOf(search.get('best') ?? '');
  const pins = text.split(',').flatMap((part) => pinOf(part, envs, found?.asked ?? null) ?? []);
  return { pins: parsePins(pins), follow: found?.isFollowed ? found.asked : null };
}

/** What an address says of pins, as it says it: for as long as its envs are not known. */
export function saidPins(search: URLSearchParams): string {
  const said = ['pins', 'best'].filter((name) => search.has(name));
  return said.map((name) => `${name}=${quoted(search.get(name)!)}`).join('&');
}

function token(pin: Pin, n: number, hasDetails: boolean): string {
  const index = pin.index === null || pin.index === 0 ? '' : `.${pin.index}`;
  const where =
    pin.scope === 'panel'
      ? `@${escaped(pin.card!)}`
      : `${pin.card === null ? '' : `^${escaped(pin.card)}`}${pin.except.map((card) => `!${escaped(card)}`).join('')}`;
  return `${n}:${pin.step}${index}${pin.best ? whyText(pin.best, hasDetails) : ''}${where}`;
}

function whyText(best: Best, hasDetails: boolean): string {
  const value = best.value === null || !hasDetails ? '' : String(best.value);
  const other =
    best.alternative && hasDetails
      ? `~${best.alternative.step}${best.alternative.exact ? 't' : 'n'}${best.alternative.within}`
      : '';
  return `*${value}~${best.metric_step}${other}${best.has_image ? '' : 'o'}`;
}

function bestText(best: BestAsked, isFollowed: boolean): string {
  const tolerance = best.with_image ? String(best.tolerance) : '';
  return `${isFollowed ? 'follow:' : ''}${best.mode}:${tolerance}:${best.metric}`;
}

function bestOf(text: string): { asked: BestAsked; isFollowed: boolean } | null {
  const found = /^(follow:)?(min|max):(\d{0,6}):([\s\S]+)$/.exec(text);
  if (!found) return null;
  const [, follow, mode, tolerance, metric] = found;
  return {
    asked: {
      metric: metric!,
      mode: mode as Mode,
      with_image: tolerance !== '',
      tolerance: tolerance === '' ? DEFAULT_TOLERANCE : Number(tolerance),
    },
    isFollowed: follow !== undefined,
  };
}

const TOKEN =
  /^(\d+):(-?\d+)(?:\.(\d+))?(?:\*([^~]*)~(-?\d+)(?:~(-?\d+)([tn])(\d+))?(o)?)?(?:@([^!^]*)|(?:\^([^!]*))?((?:![^!]*)*))$/;

function pinOf(text: string, envs: readonly (string | null)[], asked: BestAsked | null): Pin | null {
  const found = TOKEN.exec(text);
  const env = found ? envs[Number(found[1])] : null;
  if (!found || !env) return null;
  const [, , stepText, index, value, metricText, other, tie, within, o, card, origin, except] = found;
  const step = Number(stepText);
  const isBest = metricText !== undefined && asked !== null;
  return {
    env,
    scope: card === undefined ? 'page' : 'panel',
    card: card !== undefined ? plain(card) : origin !== undefined ? plain(origin) : null,
    step,
    source: isBest ? 'best' : 'manual',
    index: index === undefined ? null : Number(index),
    except: (except ?? '').split('!').slice(1).map(plain),
    best: isBest
      ? {
          ...asked,
          value: value ? Number(value) : null,
          metric_step: Number(metricText),
          distance: Math.abs(step - Number(metricText)),
          has_image: o === undefined,
          alternative:
            other === undefined ? null : { step: Number(other), exact: tie === 't', within: Number(within) },
        }
      : null,
  };
}

/** Signs that stand for something in these texts are said by their number. */
export const escaped = (card: string) =>
  card.replace(/[,!^@%=]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
export const plain = (card: string) =>
  card.replace(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

/** Signs that mean nothing in a query stay as they are. */
export function quoted(text: string): string {
  return encodeURIComponent(text).replace(/%(?:2F|3A|2C|40|21|2A)/g, decodeURIComponent);
}
