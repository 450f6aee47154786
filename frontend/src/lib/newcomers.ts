/**
 * What is put on the page in one go, and must know at once whether it is on screen: where the elements are is asked for all of them before
 * any of them acts on it, so that the page is laid out once. An IntersectionObserver, which looks after them from then on, would first
 * speak a frame later.
 */

interface Newcomer {
  element: Element;
  above: number;
  beside: number;
  appear: () => void;
}

const newcomers = new Set<Newcomer>();

/**
 * Calls `appear` before the next frame if the element is on screen, or no more than so many pixels above or below it, or beside it. The
 * answer withdraws an element that went before.
 */
export function welcome(
  element: Element,
  margin: { above: number; beside: number },
  appear: () => void,
): () => void {
  const newcomer = { element, ...margin, appear };
  newcomers.add(newcomer);
  if (newcomers.size === 1) queueMicrotask(look);
  return () => newcomers.delete(newcomer);
}

function look(): void {
  const near = [...newcomers].filter(isNear);
  newcomers.clear();
  for (const { appear } of near) appear();
}

function isNear({ element, above, beside }: Newcomer): boolean {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  return bottom >= -above && top <= innerHeight + above && right >= -beside && left <= innerWidth + beside;
}
