import { decode, encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { backoffMs, LONGEST_MS } from './backoff';
import type { ServerFrame } from './frames';
import { LiveSocket, type SocketLike } from './socket';

class FakeSocket implements SocketLike {
  binaryType = '';
  readyState = 0;
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  sent: unknown[] = [];

  send(data: Uint8Array): void {
    this.sent.push(decode(data));
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({} as Event);
  }

  say(frame: object): void {
    const bytes = encode(frame);
    const data = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    this.onmessage?.({ data } as MessageEvent);
  }

  fail(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code } as CloseEvent);
  }
}

function start(): { sockets: FakeSocket[]; frames: ServerFrame[]; events: string[]; live: LiveSocket } {
  const sockets: FakeSocket[] = [];
  const frames: ServerFrame[] = [];
  const events: string[] = [];
  const live = new LiveSocket({
    url: 'ws://wall/ws/live',
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    random: () => 1,
    onopen: () => events.push('open'),
    onframe: (frame) => frames.push(frame),
    onrefused: () => events.push('refused'),
    onclose: (next) => events.push(next === null ? 'closed' : 'lost'),
  });
  return { sockets, frames, events, live };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('back-off', () => {
  it('grows, is bounded, and is spread', () => {
    expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, 1))).toEqual([400, 800, 1600, 3200]);
    expect(backoffMs(50, 1)).toBe(LONGEST_MS);
    expect(backoffMs(0, 0)).toBe(200);
  });
});

describe('the socket', () => {
  it('says what to watch by its first address, and by a frame ever after', () => {
    const urls: string[] = [];
    const said: boolean[] = [];
    const sockets: FakeSocket[] = [];
    new LiveSocket({
      url: 'ws://wall/ws/live',
      first: 'ws://wall/ws/live?env=a',
      open: (url) => {
        urls.push(url);
        sockets.push(new FakeSocket());
        return sockets.at(-1)!;
      },
      random: () => 1,
      onopen: (wasSaid) => said.push(wasSaid),
      onframe: () => {},
      onclose: () => {},
    });
    sockets[0]!.open();
    sockets[0]!.fail();
    vi.advanceTimersByTime(400);
    sockets[1]!.open();
    expect(urls).toEqual(['ws://wall/ws/live?env=a', 'ws://wall/ws/live']);
    expect(said).toEqual([true, false]);
  });

  it('comes back by itself after it was lost, later each time, and says so', () => {
    const { sockets, events } = start();
    sockets[0]!.fail();
    vi.advanceTimersByTime(399);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(2);
    sockets[1]!.fail();
    vi.advanceTimersByTime(799);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(1);
    sockets[2]!.open();
    expect(events).toEqual(['lost', 'lost', 'open']);
  });

  it('begins with short waits again once the server spoke', () => {
    const { sockets } = start();
    for (let i = 0; i < 5; i++) {
      sockets[i]!.fail();
      vi.advanceTimersByTime(LONGEST_MS);
    }
    sockets[5]!.open();
    sockets[5]!.say({ t: 'hello', readonly: false, limits: {}, server: '0' });
    sockets[5]!.fail();
    vi.advanceTimersByTime(400);
    expect(sockets).toHaveLength(7);
  });

  it('tries at once when asked', () => {
    const { sockets, live } = start();
    sockets[0]!.fail();
    live.retry();
    expect(sockets).toHaveLength(2);
    live.retry();
    expect(sockets).toHaveLength(2);
  });

  it('gives up a connection that is silent and answers no ping', () => {
    const { sockets, events } = start();
    sockets[0]!.open();
    vi.advanceTimersByTime(12_000);
    expect(sockets[0]!.sent).toMatchObject([{ t: 'ping' }]);
    sockets[0]!.say({ t: 'pong', v: 0 });
    vi.advanceTimersByTime(12_000);
    expect(sockets[0]!.sent.filter((frame) => (frame as { t: string }).t === 'ping')).toHaveLength(2);
    vi.advanceTimersByTime(8_000);
    expect(events).toEqual(['open', 'lost']);
    expect(sockets[0]!.readyState).toBe(3);
  });

  it('acknowledges bytes after a short while, and at once when they are many', () => {
    const { sockets } = start();
    sockets[0]!.open();
    sockets[0]!.say({ t: 'delta', env: 1, to: 1, ops: [] });
    expect(sockets[0]!.sent).toEqual([]);
    vi.advanceTimersByTime(150);
    const small = encode({ t: 'delta', env: 1, to: 1, ops: [] }).length;
    expect(sockets[0]!.sent).toEqual([{ t: 'ack', bytes: small }]);
    const large = {
      t: 'delta',
      env: 1,
      to: 2,
      ops: [['a', 1, 1, 0, 0, { x: new Uint8Array(200_000) }, true]],
    };
    sockets[0]!.say(large);
    expect(sockets[0]!.sent.at(-1)).toEqual({ t: 'ack', bytes: small + encode(large).length });
  });

  it('answers pings, and hands on everything else', () => {
    const { sockets, frames } = start();
    sockets[0]!.open();
    sockets[0]!.say({ t: 'ping', v: 7 });
    sockets[0]!.say({ t: 'lag', env: 1 });
    expect(sockets[0]!.sent).toEqual([{ t: 'pong', v: 7 }]);
    expect(frames).toEqual([{ t: 'lag', env: 1 }]);
  });

  it('does not come back to a server that signed it out, nor after it was closed', () => {
    const first = start();
    first.sockets[0]!.open();
    first.sockets[0]!.fail(4401);
    vi.advanceTimersByTime(60_000);
    expect(first.events).toEqual(['open', 'refused', 'closed']);
    const second = start();
    second.live.close();
    vi.advanceTimersByTime(60_000);
    expect(second.sockets).toHaveLength(1);
  });
});
