/** Saves what a pane holds as a file. */

import { titleOf } from '../live/title';
import type { LiveEnv, Sample, WindowState } from '../live/types';
import { api, fetchRaw, windowPath } from './rest';

export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName(name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function saveText(text: string, name: string, type: string): void {
  saveBlob(new Blob([text], { type: `${type};charset=utf-8` }), name);
}

/** The whole window as visdom keeps it: what a program reads by `get_window_data`, and can set again. */
export async function saveObject(live: LiveEnv, pane: WindowState): Promise<void> {
  const object = await api().get<unknown>(windowPath(live, pane, '/object'));
  saveText(JSON.stringify(object, null, 2), `${titleOf(pane)}.json`, 'application/json');
}

/** A figure as a page that needs no server: it can be zoomed and asked as here. */
export async function savePage(live: LiveEnv, pane: WindowState, title: string): Promise<void> {
  const answer = await fetchRaw(`${windowPath(live, pane, '/export')}&format=html`, 'text/html');
  saveBlob(await answer.blob(), `${title}.html`);
}

/** Saves files of samples as they were sent. */
export async function saveSamples(samples: readonly Sample[], title: string): Promise<void> {
  for (const sample of samples) {
    const answer = await fetch(sample.url);
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    const number = samples.length > 1 ? `-${sample.index + 1}` : '';
    const step = sample.step === null ? '' : `-step${sample.step}`;
    saveBlob(await answer.blob(), `${title}${step}${number}.${ending(sample.content_type)}`);
  }
}

/** A drawing of the page as a file that stands for itself: colours that the page's style gives are written out. */
export function svgText(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('viewBox', `0 0 ${svg.clientWidth} ${svg.clientHeight}`);
  const style = getComputedStyle(svg);
  return new XMLSerializer()
    .serializeToString(copy)
    .replace(/var\((--[\w-]+)\)/g, (_, name: string) =>
      style.getPropertyValue(name).trim().replaceAll('"', "'"),
    );
}

/** The same as pixels, on the pane's own ground. */
export async function pictureOf(svg: SVGSVGElement, scale = 2): Promise<Blob> {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svgText(svg)], { type: 'image/svg+xml' }));
  try {
    await image.decode();
  } finally {
    URL.revokeObjectURL(image.src);
  }
  const canvas = document.createElement('canvas');
  canvas.width = svg.clientWidth * scale;
  canvas.height = svg.clientHeight * scale;
  const context = canvas.getContext('2d')!;
  context.fillStyle = getComputedStyle(svg).getPropertyValue('--pane-bg').trim();
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return blobOf(canvas);
}

export function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))));
  });
}

const ENDINGS: Readonly<Record<string, string>> = {
  'audio/mpeg': 'mp3',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
  'video/x-msvideo': 'avi',
  'video/x-matroska': 'mkv',
  'video/quicktime': 'mov',
  'image/svg+xml': 'svg',
  'text/plain': 'txt',
};

/** What a file of a type is called at its end. */
export function ending(type: string): string {
  const plain = type.split(';')[0]!.trim();
  if (plain.endsWith('+json')) return 'json';
  return ENDINGS[plain] ?? plain.split('/')[1]?.replace('jpeg', 'jpg').replace(/\W.*/, '') ?? 'bin';
}

/** A title as a name that every system takes. */
export function fileName(name: string): string {
  // eslint-disable-next-line no-control-regex
  const safe = name.replace(/[\u0000-\u001f\u007f/\\:*?"<>|]+/g, '-').replace(/^[.\s-]+|[.\s]+$/g, '');
  return safe.length > 120
    ? safe.slice(0, 100) + safe.slice(safe.lastIndexOf('.')).slice(0, 8)
    : safe || 'window';
}
