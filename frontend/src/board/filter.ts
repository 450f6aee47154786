/**
 * Which panes a filter shows: a JavaScript regular expression that is looked for in titles. While it is not yet a valid one, it hides
 * nothing. Capitals count only if the expression has some of its own.
 */

export interface Filter {
  /** Whether anything is filtered at all. */
  readonly isUsed: boolean;
  /** Why the text filters nothing although there is some; null when it does. */
  readonly problem: string | null;
  matches(title: string): boolean;
}

const LONGEST = 500;
/** A repeated group that repeats or branches inside: such an expression may need longer than anybody waits. */
const NESTED = /\((?:[^()\\]|\\.)*(?:[+*|]|\{\d+,)(?:[^()\\]|\\.)*\)(?:[+*]|\{\d*,)/;

const everything = (problem: string | null): Filter => ({ isUsed: false, problem, matches: () => true });

export function makeFilter(text: string): Filter {
  if (!text.trim()) return everything(null);
  if (text.length > LONGEST) return everything('too long');
  if (NESTED.test(text)) return everything('too slow');
  const hasCapitals = /\p{Lu}/u.test(text.replace(/\\./g, ''));
  try {
    const expression = new RegExp(text, hasCapitals ? '' : 'i');
    return { isUsed: true, problem: null, matches: (title) => expression.test(title) };
  } catch {
    return everything('not a valid expression');
  }
}
