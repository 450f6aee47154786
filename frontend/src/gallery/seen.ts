/** What of a page is on screen, to the pixel: what is scrolled away inside its card is not. One observer serves all. */

const callbacks = new WeakMap<Element, (isSeen: boolean) => void>();
let observer: IntersectionObserver | null = null;

function told(entries: readonly IntersectionObserverEntry[]): void {
  for (const { target, isIntersecting } of entries) callbacks.get(target)?.(isIntersecting);
}

/** Calls back whenever the element comes on screen or leaves it. Returns what ends it. */
export function watchSeen(element: Element, callback: (isSeen: boolean) => void): () => void {
  observer ??= new IntersectionObserver(told);
  const using = observer;
  callbacks.set(element, callback);
  using.observe(element);
  return () => {
    callbacks.delete(element);
    using.unobserve(element);
  };
}
