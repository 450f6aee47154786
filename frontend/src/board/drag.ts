/**
 * Drags with a pointer: begins after a few pixels, scrolls the page near its edges, is given up by Escape. It knows nothing of panes:
 * it says how far the pointer went on the page, scrolling included.
 */

const SLACK_PX = 4;
const EDGE_PX = 56;
const SPEED_PX = 14;

export interface DragHandlers {
  onstart(): void;
  /** Distance from where the drag began, in CSS pixels of the page. */
  onmove(dx: number, dy: number): void;
  onend(cancelled: boolean): void;
}

/** Call it on `pointerdown`. */
export function drag(event: PointerEvent, scroller: HTMLElement, handlers: DragHandlers): void {
  if (event.button !== 0 || !event.isPrimary) return;
  const from = { x: event.clientX, y: event.clientY, top: scroller.scrollTop };
  let last = { x: event.clientX, y: event.clientY };
  let isDragging = false;
  let frame = 0;
  // A quick hand is over a frame before the first move is told, and frames keep what happens in them to themselves.
  document.documentElement.classList.add('pressing');
  const stop = new AbortController();
  const { signal } = stop;

  const tell = () => handlers.onmove(last.x - from.x, last.y - from.y + scroller.scrollTop - from.top);

  function scroll(): void {
    const box = scroller.getBoundingClientRect();
    const top = Math.max(0, box.top);
    const bottom = Math.min(innerHeight, box.bottom);
    const pull =
      last.y < top + EDGE_PX
        ? last.y - top - EDGE_PX
        : last.y > bottom - EDGE_PX
          ? last.y - bottom + EDGE_PX
          : 0;
    if (pull !== 0) {
      const before = scroller.scrollTop;
      scroller.scrollTop += Math.max(-1, Math.min(1, pull / EDGE_PX)) * SPEED_PX;
      if (scroller.scrollTop !== before) tell();
    }
    frame = requestAnimationFrame(scroll);
  }

  function end(cancelled: boolean): void {
    stop.abort();
    cancelAnimationFrame(frame);
    document.documentElement.classList.remove('pressing', 'dragging');
    if (isDragging) handlers.onend(cancelled);
  }

  addEventListener(
    'pointermove',
    (moved) => {
      if (moved.pointerId !== event.pointerId) return;
      last = { x: moved.clientX, y: moved.clientY };
      if (!isDragging) {
        if (Math.hypot(last.x - from.x, last.y - from.y) < SLACK_PX) return;
        isDragging = true;
        getSelection()?.removeAllRanges();
        document.documentElement.classList.add('dragging');
        handlers.onstart();
        frame = requestAnimationFrame(scroll);
      }
      moved.preventDefault();
      tell();
    },
    { signal },
  );
  addEventListener('pointerup', (up) => up.pointerId === event.pointerId && end(false), { signal });
  addEventListener('pointercancel', (lost) => lost.pointerId === event.pointerId && end(true), { signal });
  addEventListener('blur', () => end(true), { signal });
  addEventListener(
    'keydown',
    (key) => {
      if (key.key !== 'Escape' || !isDragging) return;
      key.preventDefault();
      key.stopPropagation();
      end(true);
    },
    { signal, capture: true },
  );
}
