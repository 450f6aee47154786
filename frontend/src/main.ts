/** The entry of every page: looks and menus everywhere, and on an env page the wall itself. */

import './styles/main.css';

import { mount } from 'svelte';

import { readBoot } from './live/boot';
import { connect } from './live/connection.svelte';
import { awaitFirstFrame } from './plots/first-frame';
import { startPage } from './shell/page';

startPage();

const boot = readBoot();
const target = document.getElementById('app');
if (boot && target) {
  // The wall's code and its data are fetched at the same time.
  const app = import('./shell/App.svelte');
  const connection = connect(boot);
  const live = connection.watch(boot.env);
  awaitFirstFrame(live);
  void app.then(({ default: App }) => mount(App, { target, props: { boot, connection, live } }));
}
