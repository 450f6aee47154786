/** The entry of every page: looks and menus everywhere, and on an env page the wall itself. */

import './styles/main.css';

import { mount } from 'svelte';

import { readBoot } from './live/boot';
import { connect } from './live/connection.svelte';
import type { Boot, Connection } from './live/types';
import { awaitFirstFrame } from './plots/first-frame';
import { warm } from './plots/libraries';
import { startPage } from './shell/page';

const boot = readBoot();
const target = document.getElementById('app');
if (boot && target) showWall(boot, target);
startPage();

/** Data, code and drawing libraries are fetched at the same time; the data has the longest way. */
function showWall(boot: Boot, target: HTMLElement): void {
  const connection = connect(boot);
  if (boot.compare) {
    void showComparison(boot, target, connection, boot.compare);
    return;
  }
  const live = connection.watch(boot.env);
  warm(boot.env);
  awaitFirstFrame(live);
  void import('./shell/App.svelte').then(({ default: App }) =>
    mount(App, { target, props: { boot, connection, live } }),
  );
}

async function showComparison(
  boot: Boot,
  target: HTMLElement,
  connection: Connection,
  envs: readonly string[],
): Promise<void> {
  const app = import('./compare/CompareApp.svelte');
  const { ComparedEnv } = await import('./compare/comparison.svelte');
  const page = boot.table?.isPage ? `runs of ${boot.table.workspace}` : undefined;
  const live = connection.watchWith((host) => new ComparedEnv(envs, host, page));
  const { default: CompareApp } = await app;
  mount(CompareApp, { target, props: { boot, connection, live } });
}
