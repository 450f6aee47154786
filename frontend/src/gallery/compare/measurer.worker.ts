/** Measures and draws differences away from the page, which stays at hand meanwhile. Told of newer pictures it gives up the older. */

import { difference, type How } from './difference';
import { measuring, type Pixels } from './measures';

/** What the page asks for. `round` counts the pairs of pictures; answers carry it back. */
export type Asked =
  | { do: 'measure'; round: number; a: ImageBitmap; b: ImageBitmap }
  | { do: 'differ'; round: number; how: How; gain: number };

export type Answered =
  | { did: 'part'; round: number; part: number }
  | { did: 'measure'; round: number; psnr: number; ssim: number }
  | { did: 'differ'; round: number; how: How; gain: number; picture: ImageBitmap }
  | { did: 'fail'; round: number; what: Asked['do'] };

let round = 0;
let held: { a: Pixels; b: Pixels } | null = null;

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  round = data.round;
  const doing = data.do === 'measure' ? measure(data.a, data.b) : differ(data.how, data.gain);
  doing.catch(() => answer({ did: 'fail', round: data.round, what: data.do }));
};

async function measure(a: ImageBitmap, b: ImageBitmap): Promise<void> {
  const mine = round;
  held = null;
  held = { a: read(a), b: read(b) };
  const steps = measuring(held.a, held.b);
  for (;;) {
    const step = steps.next();
    if (step.done) {
      answer({ did: 'measure', round: mine, ...step.value });
      return;
    }
    answer({ did: 'part', round: mine, part: step.value });
    await new Promise((resolve) => setTimeout(resolve));
    if (round !== mine) return;
  }
}

async function differ(how: How, gain: number): Promise<void> {
  if (!held) return;
  const mine = round;
  const { width, height } = held.a;
  const into = new Uint8ClampedArray(width * height * 4);
  difference(held.a, held.b, how, gain, into);
  const picture = await createImageBitmap(new ImageData(into, width, height));
  answer({ did: 'differ', round: mine, how, gain, picture }, [picture]);
}

/** The pixels of a picture as it looks on white. */
function read(picture: ImageBitmap): Pixels {
  const { width, height } = picture;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0);
  picture.close();
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}

function answer(answered: Answered, transfer: Transferable[] = []): void {
  self.postMessage(answered, { transfer });
}
