/**
 * Names cut in the middle where there is no room for them. What holds one has the class `cut`, and a label where it takes its name from
 * its text: some readers say the two parts apart.
 */

/** Names of runs often differ in their last letters alone. Where there is no room for all of one, these stay. */
const END = 9;
/** Shorter names are cut at their end, as all else is. */
const LONG = 2 * END;
/** Letters of other scripts may depend on their neighbours, and are never parted. */
const PLAIN = /^[\x20-\x7e]*$/;

/** The beginning of a name, which may be cut, and the end that stays in sight; both in full are the name. */
export function inTwo(name: string): readonly [string, string] {
  if (name.length < LONG || !PLAIN.test(name)) return [name, ''];
  return [name.slice(0, -END), name.slice(-END)];
}

/** What `Name.svelte` draws, for parts of the page that are no component. */
export function nameNode(name: string): Node {
  const parts = inTwo(name);
  if (!parts[1]) return document.createTextNode(name);
  const middle = document.createElement('span');
  middle.className = 'middle';
  for (const part of parts) middle.appendChild(document.createElement('span')).textContent = part;
  return middle;
}
