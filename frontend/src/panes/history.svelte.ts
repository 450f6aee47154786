/**
 * The steps of an image window: those the server has, and those that came since. Shown is the newest until the person chooses one; what
 * comes afterwards does not move them from it.
 */

import type { LiveEnv, Sample, WindowState } from '../live/types';
import { api, windowPath } from './rest';

/** While new steps come in, those that came too fast to be told one by one are read at most this often. */
const AGAIN_MS = 2_000;
const PAGE = 200;

export class StepHistory {
  /** All samples known, in order of step and index. */
  samples = $state.raw<readonly Sample[]>([]);
  /** The step the person chose, or null: the newest. */
  chosen = $state<number | null>(null);
  readonly steps = $derived([...new Set(this.samples.map(({ step }) => step ?? 0))]);
  readonly step = $derived(
    this.chosen !== null && this.steps.includes(this.chosen) ? this.chosen : this.newest,
  );
  /** The place of the step that is shown. */
  readonly at = $derived(this.steps.indexOf(this.step));
  readonly shown = $derived(this.samples.filter((sample) => (sample.step ?? 0) === this.step));
  /** What the server's list had when it was read last. */
  #stored: readonly Sample[] = [];
  #loadedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLoading = false;

  get newest(): number {
    return this.steps.at(-1) ?? 0;
  }

  /** Takes in what the page was told last: the samples of the newest step. */
  take(latest: readonly Sample[], keepsOlder: boolean): void {
    const [first] = latest;
    if (!first) {
      this.samples = [];
      return;
    }
    const step = first.step ?? 0;
    const older = keepsOlder ? this.samples.filter((sample) => (sample.step ?? 0) < step) : [];
    this.samples = [...older, ...latest];
  }

  /** Shows the step so many places on; the last one follows what comes. */
  go(by: number): void {
    this.choose(this.at + by);
  }

  choose(at: number): void {
    const place = Math.max(0, Math.min(this.steps.length - 1, at));
    this.chosen = place === this.steps.length - 1 ? null : (this.steps[place] ?? null);
  }

  /** Reads the list from the server, now or when it was not read a moment ago. */
  load(live: LiveEnv, pane: WindowState): void {
    clearTimeout(this.#timer);
    const wait = this.#loadedAt + AGAIN_MS - performance.now();
    if (this.#isLoading || wait > 0) {
      this.#timer = setTimeout(() => this.load(live, pane), Math.max(wait, 100));
      return;
    }
    this.#isLoading = true;
    this.#loadedAt = performance.now();
    this.#read(live, pane).then(
      () => {
        this.#isLoading = false;
        const last = this.#stored.at(-1)?.step ?? -Infinity;
        this.samples = [...this.#stored, ...this.samples.filter((sample) => (sample.step ?? 0) > last)];
      },
      // The steps that came to this page are shown; the next one asks again.
      () => (this.#isLoading = false),
    );
  }

  /** Reads what the server has beyond what was read before; all of it when there is less than there was. */
  async #read(live: LiveEnv, pane: WindowState): Promise<void> {
    const base = baseOf(pane);
    let stored = [...this.#stored];
    for (let page = Math.floor(stored.length / PAGE) + 1; ; page += 1) {
      const query = `?page_size=${PAGE}&page=${page}`;
      const answer = await api().get<Page>(windowPath(live, pane, `/samples${query}`));
      if (answer.count < stored.length) {
        stored = [];
        page = 0;
        continue;
      }
      stored = [
        ...stored.slice(0, (page - 1) * PAGE),
        ...answer.results.map((sample) => ({ ...sample, url: base + sample.url })),
      ];
      if (!answer.next) break;
    }
    this.#stored = stored;
  }

  destroy(): void {
    clearTimeout(this.#timer);
  }
}

interface Page {
  count: number;
  results: Sample[];
  next: string | null;
}

/** Files lie where those of the samples do that the page was told. */
function baseOf(pane: WindowState): string {
  const told = pane.content && 'samples' in pane.content ? pane.content.samples[0]?.url : undefined;
  return told?.slice(0, told.lastIndexOf('assets/')) ?? '';
}
