/** When the page last scrolled, so that a wheel which is scrolling past a pane does not zoom what comes under the cursor. */

let last = -Infinity;

if (typeof window !== 'undefined') {
  addEventListener('scroll', () => (last = performance.now()), { passive: true });
}

/** As `performance.now()` counts. */
export const lastPageScroll = () => last;
