/**
 * Light, dark, or as the system has it. `templates/parts/theme.js` sets the theme before the first paint; this module lets a person choose,
 * remembers it on this device, and follows the system when that is the choice.
 */

export type ThemeChoice = 'system' | 'light' | 'dark';

const KEY = 'panewall.theme';
const CHOICES: readonly ThemeChoice[] = ['system', 'light', 'dark'];

const system = () => matchMedia('(prefers-color-scheme: dark)');

export function themeChoice(): ThemeChoice {
  try {
    const kept = localStorage.getItem(KEY) as ThemeChoice | null;
    return kept && CHOICES.includes(kept) ? kept : 'system';
  } catch {
    return 'system';
  }
}

export function setTheme(choice: ThemeChoice): void {
  try {
    if (choice === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
  }
  apply(choice);
}

export function nextTheme(choice: ThemeChoice): ThemeChoice {
  return CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length] ?? 'system';
}

export const themeWords: Record<ThemeChoice, string> = {
  system: 'As the system',
  light: 'Light',
  dark: 'Dark',
};

function apply(choice: ThemeChoice): void {
  const dark = choice === 'dark' || (choice === 'system' && system().matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

/** Keeps the page in step with the system, and with other tabs of this browser. */
export function followTheme(): void {
  system().addEventListener('change', () => apply(themeChoice()));
  addEventListener('storage', (event) => {
    if (event.key === KEY || event.key === null) apply(themeChoice());
  });
}
