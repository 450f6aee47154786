/** A sample log as templates read it: whoever asked it something is told when it changes. */

import { createSubscriber } from 'svelte/reactivity';
import type { SampleLog } from '../live/samples';
import type { Sample } from '../live/types';

export class LogView {
  readonly #subscribe: () => void;

  constructor(readonly log: SampleLog) {
    this.#subscribe = createSubscriber((update) => log.onChange(update));
  }

  get steps(): readonly number[] {
    this.#subscribe();
    return this.log.steps;
  }

  get isWhole(): boolean {
    this.#subscribe();
    return this.log.isWhole;
  }

  at(step: number): readonly Sample[] {
    this.#subscribe();
    return this.log.at(step);
  }
}
