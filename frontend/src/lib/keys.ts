/** Questions about key presses that several parts ask. */

/** Whether a key press belongs to a field, an open dialog or a menu, so that the wall's own keys must leave it alone. */
export function isTyping(event: Event): boolean {
  const target = event.target;
  if (!(target instanceof Element)) return false;
  if (target.closest('dialog[open], [role="menu"], [role="listbox"]')) return true;
  return (
    target.matches('input:not([type="checkbox"], [type="radio"], [type="button"]), textarea, select') ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}

export const isApple = /Mac|iPhone|iPad/.test(typeof navigator === 'undefined' ? '' : navigator.platform);
export const commandKey = isApple ? '⌘' : 'Ctrl';
