import { describe, expect, it } from 'vitest';
import { textFile } from './textFile';

const player = (kind: string, type: string, data: string) => `
    <${kind} controls loop>
        <source type="${type}" src="data:${type};base64,${data}">
        Your browser does not support the ${kind} tag.
    </${kind}>
`;

describe('a text as a file', () => {
  it.each([
    ['video', 'video/mp4', 'mp4'],
    ['audio', 'audio/wav', 'wav'],
    ['audio', 'audio/mp3', 'mp3'],
  ])('is the %s of type %s that is all of it', async (kind, type, end) => {
    const file = textFile(player(kind, type, btoa('\x00\xffRIFF')));
    expect(file.end).toBe(end);
    expect(file.blob.type).toBe(type);
    expect([...new Uint8Array(await file.blob.arrayBuffer())]).toEqual([0, 255, 82, 73, 70, 70]);
  });

  it('is a drawing, or the HTML that it is', () => {
    expect(textFile('<svg width="1"></svg>').end).toBe('svg');
    expect(textFile(`<p>heard</p>${player('audio', 'audio/wav', 'AAAA')}`).end).toBe('html');
    expect(textFile('<video controls><source src="/film.mp4"></video>').end).toBe('html');
  });
});
