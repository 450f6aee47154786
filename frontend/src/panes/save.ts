/** Saves what a pane shows as a file. */

import type { Sample } from '../live/types';

export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName(name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Saves the images of a pane as they were sent. */
export async function saveImage(samples: readonly Sample[], title: string): Promise<void> {
  for (const sample of samples) {
    const answer = await fetch(sample.url);
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    const end = sample.content_type.split('/')[1]?.replace('jpeg', 'jpg').replace(/\W.*/, '') ?? 'png';
    const number = samples.length > 1 ? `-${sample.index + 1}` : '';
    const step = sample.step === null ? '' : `-step${sample.step}`;
    saveBlob(await answer.blob(), `${title}${step}${number}.${end}`);
  }
}

/** A title as a name that every system takes. */
export function fileName(name: string): string {
  // eslint-disable-next-line no-control-regex
  const safe = name.replace(/[\u0000-\u001f\u007f/\\:*?"<>|]+/g, '-').replace(/^[.\s-]+|[.\s]+$/g, '');
  return safe.length > 120
    ? safe.slice(0, 100) + safe.slice(safe.lastIndexOf('.')).slice(0, 8)
    : safe || 'window';
}
