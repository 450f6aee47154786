/** Places in a rising list of steps. */

/** The place of a step, or of the one nearest to it; of two that are equally near, the smaller. -1 in an empty list. */
export function nearestPlace(steps: readonly number[], step: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! < step) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return steps.length === 0 ? -1 : 0;
  if (low === steps.length) return low - 1;
  return steps[low]! - step < step - steps[low - 1]! ? low : low - 1;
}

/** A place in words. */
export function placeText(steps: readonly number[], at: number): string {
  return `Step ${steps[at]}, ${at + 1} of ${steps.length}`;
}

/** All steps of several rising lists, each once, rising. */
export function union(lists: readonly (readonly number[])[]): readonly number[] {
  const filled = lists.filter((list) => list.length > 0);
  if (filled.length === 0) return [];
  const [first] = filled;
  if (filled.every((list) => isSame(list, first!))) return first!;
  return [...new Set(filled.flat())].sort((a, b) => a - b);
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  if (one === other) return true;
  return one.length === other.length && one.every((step, i) => step === other[i]);
}

/** What comes before the last `/` of a label; cards without one belong together. */
export function sectionOf(label: string): string {
  const at = label.lastIndexOf('/');
  return at > 0 ? label.slice(0, at) : 'media';
}
