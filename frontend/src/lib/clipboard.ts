/** Copies text, also on plain HTTP hosts, where browsers offer no `navigator.clipboard`. */
export async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext && 'clipboard' in navigator) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Permission was refused: the old way may still be allowed.
    }
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'sr-only';
  area.setAttribute('readonly', '');
  const host = document.querySelector('dialog[open]') ?? document.body;
  const focused = document.activeElement as HTMLElement | null;
  host.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } finally {
    area.remove();
    focused?.focus({ preventScroll: true });
  }
}
