/** Pictures as files: with a strip below that says the step and the env, or as they were sent. */

import type { Sample } from '../live/types';
import { blobOf, ending, saveBlob } from '../panes/save';
import type { CellEnv } from './types';

const STRIP = 28;
const PAD = 10;
const DOT = 10;
const FONT = '500 13px system-ui, sans-serif';

function nameOf(sample: Sample, label: string, env: CellEnv, type: string): string {
  const step = sample.step === null ? '' : `-step${sample.step}`;
  const index = sample.index > 0 ? `-${sample.index + 1}` : '';
  return `${label}-${env.name}${step}${index}.${type}`;
}

export async function saveOriginal(sample: Sample, label: string, env: CellEnv): Promise<void> {
  const answer = await fetch(sample.url);
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  saveBlob(await answer.blob(), nameOf(sample, label, env, ending(sample.content_type)));
}

/** A PNG with a strip below it; the file itself where none can be made. */
export async function saveLabelled(sample: Sample, label: string, env: CellEnv): Promise<void> {
  let blob: Blob;
  try {
    blob = await labelled(sample, env);
  } catch {
    await saveOriginal(sample, label, env);
    return;
  }
  saveBlob(blob, nameOf(sample, label, env, 'png'));
}

async function labelled(sample: Sample, env: CellEnv): Promise<Blob> {
  const image = new Image();
  image.src = sample.url;
  await image.decode();
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser cannot draw.');
  const words = `step ${sample.step ?? 0}`;
  context.font = FONT;
  const needed = 3 * PAD + DOT + 6 + context.measureText(words).width + context.measureText(env.name).width;
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  canvas.width = Math.max(width, Math.ceil(needed));
  canvas.height = height + STRIP;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  context.fillStyle = colour('--surface');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, Math.floor((canvas.width - width) / 2), 0);
  const middle = height + STRIP / 2;
  context.font = FONT;
  context.textBaseline = 'middle';
  context.fillStyle = colourOf(env.colour, colour);
  context.beginPath();
  context.arc(PAD + DOT / 2, middle, DOT / 2, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = colour('--ink');
  context.fillText(env.name, PAD + DOT + 6, middle);
  context.fillStyle = colour('--ink-2');
  context.textAlign = 'right';
  context.fillText(words, canvas.width - PAD, middle);
  return blobOf(canvas);
}

/** Canvases do not know what style sheets call a colour. */
function colourOf(css: string, colour: (name: string) => string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(css)?.[1];
  return name ? colour(name) : css;
}
