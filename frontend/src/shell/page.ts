/**
 * What every page does, the server's own and the wall: theme, menus, copy buttons, times in words, questions before what cannot be
 * undone. Behaviour hangs on `data-` attributes, since the page's CSP allows no handlers in HTML.
 */

import { copyText } from '../lib/clipboard';
import { isTyping } from '../lib/keys';
import { followTheme, setTheme, type ThemeChoice, themeChoice } from '../lib/theme';
import { exact, relative } from '../lib/time';

export function startPage(): void {
  followTheme();
  const start = () => {
    tellTimes();
    setInterval(tellTimes, 30_000);
    markTheme();
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
  document.addEventListener('click', clicked);
  document.addEventListener('keydown', pressed);
  document.addEventListener('focusin', focused);
  document.addEventListener('submit', submitted);
}

function tellTimes(): void {
  for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-relative]')) {
    const when = new Date(time.dateTime);
    if (Number.isNaN(when.getTime())) continue;
    time.textContent = relative(when);
    time.title = exact(when);
  }
}

function markTheme(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-theme-choice]')) {
    button.setAttribute('aria-checked', String(button.dataset.themeChoice === themeChoice()));
  }
}

function clicked(event: MouseEvent): void {
  const target = event.target;
  if (!(target instanceof Element)) return;
  const theme = target.closest<HTMLElement>('[data-theme-choice]')?.dataset.themeChoice;
  if (theme) {
    setTheme(theme as ThemeChoice);
    markTheme();
  }
  const copier = target.closest<HTMLElement>('[data-copy]');
  if (copier) void copyFrom(copier);
  for (const menu of openMenus()) {
    const isOwn = menu.contains(target);
    if (!isOwn || target.closest('.menu-item')) menu.open = false;
  }
}

function pressed(event: KeyboardEvent): void {
  const menu = openMenus().find((one) => one.contains(document.activeElement));
  if (menu && event.key === 'Escape') {
    menu.open = false;
    menu.querySelector('summary')?.focus();
  } else if (menu && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    event.preventDefault();
    const items = [...menu.querySelectorAll<HTMLElement>('.menu-item')];
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + (event.key === 'ArrowDown' ? 1 : -1) + items.length) % items.length]?.focus();
  } else if (event.key === '/' && !isTyping(event)) {
    const field = document.querySelector<HTMLInputElement>('input[data-slash]');
    if (!field) return;
    event.preventDefault();
    field.select();
  }
}

function focused(event: FocusEvent): void {
  if (event.target instanceof HTMLInputElement && event.target.matches('[data-select-all]'))
    event.target.select();
}

function submitted(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  const question = form.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
}

async function copyFrom(button: HTMLElement): Promise<void> {
  const source = document.querySelector<HTMLInputElement>(button.dataset.copy ?? '');
  if (!source) return;
  const isCopied = await copyText(source.value);
  if (isCopied) button.textContent = 'Copied';
  else source.select();
}

const openMenus = () => [...document.querySelectorAll<HTMLDetailsElement>('details[data-menu][open]')];
