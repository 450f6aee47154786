/** Fetches the full originals of pictures, and brings one to the size of another. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What an SVG that says no size of its own is drawn at. */
const UNSAID: Size = { width: 512, height: 512 };
const KEPT = 6;
const fetched = new Map<string, Promise<ImageBitmap>>();

/** The picture at an address; the last few are kept, so that a step back shows at once. */
export function fetchPicture(url: string): Promise<ImageBitmap> {
  const held = fetched.get(url);
  const picture = held ?? read(url);
  fetched.delete(url);
  fetched.set(url, picture);
  picture.catch(() => fetched.delete(url));
  for (const old of [...fetched.keys()].slice(0, -KEPT)) fetched.delete(old);
  return picture;
}

export function forgetPictures(): void {
  fetched.clear();
}

async function read(url: string): Promise<ImageBitmap> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const blob = await answer.blob();
  return blob.type.startsWith('image/svg') ? drawn(url) : createImageBitmap(blob);
}

/** Drawings have no pixels of their own; they get as many as they say they are wide and high. */
async function drawn(url: string): Promise<ImageBitmap> {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth || UNSAID.width;
  canvas.height = image.naturalHeight || UNSAID.height;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return createImageBitmap(canvas);
}

export function isSameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

/** The picture at this size: as it is where it has it, else stretched. */
export async function fitted(picture: ImageBitmap, { width, height }: Size): Promise<ImageBitmap> {
  if (isSameSize(picture, { width, height })) return picture;
  return createImageBitmap(picture, { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' });
}

/** Red, green, blue and opacity of one pixel. */
export type Pixel = readonly [number, number, number, number];

let scratch: CanvasRenderingContext2D | null = null;

/** Reads one pixel through a canvas of one pixel, so that large pictures cost no memory twice. */
export function pixelOf(picture: ImageBitmap, x: number, y: number): Pixel | null {
  if (!scratch) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    scratch = canvas.getContext('2d', { willReadFrequently: true });
  }
  if (!scratch || x < 0 || y < 0 || x >= picture.width || y >= picture.height) return null;
  scratch.clearRect(0, 0, 1, 1);
  scratch.drawImage(picture, x, y, 1, 1, 0, 0, 1, 1);
  const [r = 0, g = 0, b = 0, a = 255] = scratch.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a];
}

export function pixelWords([r, g, b, a]: Pixel): string {
  return a === 255 ? `${r} ${g} ${b}` : `${r} ${g} ${b} α ${a}`;
}

/** What the second has more than the first, channel by channel. */
export function pixelChange(a: Pixel, b: Pixel): string {
  const signed = (value: number) => (value > 0 ? `+${value}` : value < 0 ? `−${-value}` : '0');
  return [0, 1, 2].map((i) => signed(b[i]! - a[i]!)).join(' ');
}
