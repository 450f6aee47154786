/** Whether the env tree stands beside the wall: as the person left it on this device, else where there is room. */

const KEY = 'panewall.side';
const ROOMY = '(min-width: 1200px)';

class Side {
  isOpen = $state(begin());

  turn(): void {
    this.isOpen = !this.isOpen;
    try {
      localStorage.setItem(KEY, this.isOpen ? 'open' : 'away');
    } catch {
      // Storage is forbidden: the choice lasts as long as the page.
    }
  }
}

function begin(): boolean {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept) return kept === 'open';
  } catch {
    // As if nothing was kept.
  }
  return matchMedia(ROOMY).matches;
}

export const side = new Side();
