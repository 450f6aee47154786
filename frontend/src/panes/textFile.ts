/** What a text window is as a file. */

import { ending } from './save';

export interface TextFile {
  blob: Blob;
  /** The end of its name, without the dot. */
  end: string;
}

/** A player whose sound or video lies in the text itself, which is how visdom's client sends them. */
const PLAYER =
  /^\s*<(audio|video)\b[^>]*>\s*<source\b[^>]*\bsrc="data:((?:audio|video)\/[\w.+-]+);base64,([\w+/=]+)"[^>]*>[^<]*<\/\1>\s*$/i;

/** The sound or video that is all of a text; a drawing as SVG; anything else as the HTML that it is. */
export function textFile(html: string): TextFile {
  const [, , type, data] = PLAYER.exec(html) ?? [];
  if (type && data) return { blob: new Blob([bytesOf(data)], { type }), end: ending(type) };
  const isDrawing = /^\s*<svg[\s>][\s\S]*<\/svg>\s*$/i.test(html);
  const [end, text] = isDrawing ? ['svg', 'image/svg+xml'] : ['html', 'text/html'];
  return { blob: new Blob([html], { type: `${text};charset=utf-8` }), end };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
