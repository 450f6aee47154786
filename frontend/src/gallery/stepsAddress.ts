/**
 * Steps of a page as they lie in an address, to be read by people: `steps=120@val/samples,u@train/samples` holds one card at step 120
 * and says that another is not linked.
 *
 *     steps = token {"," token}
 *     token = "page" | "." sample | [step] ["u"] ["r" [sample] | "o"] "@" card {"!" env "=" sample} | "z" [ratio "_" x "_" y] "@" section
 *
 * "page": the link spans the whole page; "u": not linked; "r": samples go together within the card, "o": each cell alone; "z": Sync Zoom.
 */

import type { CardJson, StepsJson } from './steps.svelte';
import { escaped, plain, quoted } from './pins/address';

/** Longer than this, it stays out of the address. */
const LONGEST = 3000;
const CARD = /^(-?\d+(?:\.\d+)?)?(u)?(?:(r)(\d+)?|(o))?@([^!]*)((?:![^!]*)*)$/;
const ZOOM = /^z(?:([\d.e+-]+)_([\d.e+-]+)_([\d.e+-]+))?@([^!]*)$/;

/** The part of a query that says where the cards are; "" where all are as a page begins. `isSaid`: say that, too. */
export function stepsQuery(steps: StepsJson, isSaid = false): string {
  const tokens: string[] = [];
  if (steps.scope === 'page') tokens.push('page');
  if (steps.sample !== undefined) tokens.push(`.${steps.sample}`);
  for (const [card, json] of Object.entries(steps.cards ?? {})) tokens.push(cardToken(card, json));
  for (const [section, region] of Object.entries(steps.zoom ?? {})) {
    const seen = region === null ? '' : [region.ratio, region.x, region.y].map(short).join('_');
    tokens.push(`z${seen}@${escaped(section)}`);
  }
  if (tokens.length === 0 && !isSaid) return '';
  const query = `steps=${quoted(tokens.join(','))}`;
  return query.length <= LONGEST ? query : '';
}

/** The steps that an address says, or null if it says nothing of them. */
export function stepsIn(search: URLSearchParams): StepsJson | null {
  const text = search.get('steps');
  if (text === null) return null;
  const steps: Required<Pick<StepsJson, 'cards' | 'zoom'>> & StepsJson = { cards: {}, zoom: {} };
  for (const token of text.split(',')) {
    const zoom = ZOOM.exec(token);
    const card = CARD.exec(token);
    if (token === 'page') steps.scope = 'page';
    else if (/^\.\d+$/.test(token)) steps.sample = Number(token.slice(1));
    else if (zoom) {
      const [, ratio, x, y, section] = zoom;
      steps.zoom[plain(section!)] =
        ratio === undefined ? null : { ratio: Number(ratio), x: Number(x), y: Number(y) };
    } else if (card) steps.cards[plain(card[6]!)] = cardOf(card);
  }
  return steps;
}

function cardToken(card: string, json: CardJson): string {
  const step = json.step === undefined ? '' : String(json.step);
  const sync = json.sync === 'runs' ? `r${json.sample ?? ''}` : json.sync === 'off' ? 'o' : '';
  const samples = Object.entries(json.samples ?? {}).map(([env, place]) => `!${escaped(env)}=${place}`);
  return `${step}${json.linked === false ? 'u' : ''}${sync}@${escaped(card)}${samples.join('')}`;
}

function cardOf([, step, unlinked, runs, sample, off, , samples]: RegExpExecArray): CardJson {
  const places = (samples ?? '').split('!').flatMap((one) => {
    const found = /^([\s\S]*)=(\d+)$/.exec(one);
    return found ? [[plain(found[1]!), Number(found[2])] as const] : [];
  });
  return {
    ...(step === undefined ? {} : { step: Number(step) }),
    ...(unlinked ? { linked: false as const } : {}),
    ...(runs ? { sync: 'runs' as const } : {}),
    ...(sample === undefined ? {} : { sample: Number(sample) }),
    ...(off ? { sync: 'off' as const } : {}),
    ...(places.length > 0 ? { samples: Object.fromEntries(places) } : {}),
  };
}

const short = (value: number) => String(Number(value.toPrecision(4)));
