import { beforeEach, describe, expect, it, vi } from 'vitest';

import { plotsIn, plotsQuery } from './address';
import { MetricPage } from './page.svelte';

const search = (query: string) => new URLSearchParams(query);

describe('how metric panes are drawn, in an address', () => {
  beforeEach(() => vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined }));

  it('brings back what it was made of', () => {
    const page = new MetricPage('a');
    page.setAll({ smoothing: 'ema', weight: 0.95, x: 'metric:lr, 50 %@x', syncZoom: true, envelope: false });
    page.setPane('val/loss, a@b', { logY: true, x: 'wall' });
    page.setPane('acc', { smoothing: 'none', leavesOutliers: true });
    const query = plotsQuery(page);
    const other = new MetricPage('b');
    other.turnTo(plotsIn(search(query)), null);
    expect(other.of('val/loss, a@b')).toEqual(page.of('val/loss, a@b'));
    expect(other.of('acc')).toEqual(page.of('acc'));
    expect(other.all).toEqual(page.all);
    expect(plotsQuery(other)).toBe(query);
  });

  it('is short, and says nothing where panes are drawn as they are without', () => {
    const page = new MetricPage('a');
    expect(plotsQuery(page)).toBe('');
    page.setAll({ smoothing: 'savgol', neighbours: 12 });
    page.setPane('train/loss', { logY: false });
    expect(plotsQuery(page)).toBe('plots=smooth:savgol,neighbours:12,logy:off@train/loss');
    page.setAll({ smoothing: 'none', neighbours: 10 });
    page.forget(null);
    expect(plotsQuery(page)).toBe('');
  });

  it('says so where a view is changed to what is so without', () => {
    const page = new MetricPage('a');
    page.turnTo(null, { page: { smoothing: 'ema' } });
    expect(plotsQuery(page)).toBe('');
    page.setAll({ smoothing: 'none' });
    expect(plotsQuery(page)).toBe('plots=');
    expect(plotsIn(search('plots='))).toEqual({ page: {}, panes: {} });
    expect(plotsIn(search('win=x'))).toBeNull();
  });

  it('believes only what makes sense', () => {
    const odd = plotsIn(
      search('plots=smooth:much,weight:7,weight:,x:nowhere,logy:maybe,more:on,,@,__proto__:on,band:off'),
    );
    expect(odd).toEqual({ page: { envelope: false }, panes: {} });
    plotsIn(search('plots=smooth:ema@__proto__'));
    expect(({} as Record<string, unknown>)['smoothing']).toBeUndefined();
  });
});

describe('what a person keeps', () => {
  beforeEach(() => vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined }));

  it('is not what a view or an address shows', () => {
    const page = new MetricPage('a');
    const heard = vi.fn();
    page.onKept(heard);
    page.turnTo(null, { page: { x: 'wall' } });
    page.restore({ page: { smoothing: 'ema' } });
    expect(page.all).toMatchObject({ x: 'wall', smoothing: 'none' });
    page.setAll({ logY: true });
    expect(heard).not.toHaveBeenCalled();
    expect(page.kept.page).toEqual({ smoothing: 'ema' });
    page.turnTo(null, null);
    expect(page.all).toMatchObject({ x: 'step', smoothing: 'ema', logY: null });
    page.turnTo({ page: { x: 'relative' } }, null);
    page.restore({ page: { smoothing: 'ema' } });
    expect(page.all).toMatchObject({ x: 'relative', smoothing: 'none' });
    page.setAll({ weight: 0.5 });
    expect(heard).toHaveBeenCalledOnce();
    expect(page.kept.page).toEqual({ x: 'relative', weight: 0.5 });
  });
});
