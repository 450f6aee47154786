/**
 * Which tiles of a long page are drawn. What comes near the screen is, a few in a frame; it stays, for a zoom or a place in a text is worth
 * keeping, until there are very many and it is far away.
 */

/** Screens away from the screen. */
const NEAR = '60% 0px';
const FAR = '300% 0px';
const MANY = 80;
const AT_ONCE = 4;

export class Near {
  /** Reactive: ids of what is drawn. */
  met = $state.raw<ReadonlySet<number>>(new Set());
  readonly #ids = new Map<Element, number>();
  readonly #close = new Set<number>();
  readonly #distant = new Set<number>();
  readonly #near = new IntersectionObserver((entries) => this.#take(entries, this.#close, true), {
    rootMargin: NEAR,
  });
  readonly #far = new IntersectionObserver((entries) => this.#take(entries, this.#distant, false), {
    rootMargin: FAR,
  });
  #frame = 0;

  /** An attachment for the tile of this id. */
  tile(id: number) {
    return (element: Element) => {
      this.#ids.set(element, id);
      this.#near.observe(element);
      this.#far.observe(element);
      return () => {
        this.#ids.delete(element);
        this.#near.unobserve(element);
        this.#far.unobserve(element);
        this.#close.delete(id);
        this.#distant.delete(id);
      };
    };
  }

  /** Draws this one at once. */
  meet(id: number): void {
    if (!this.met.has(id)) this.met = new Set([...this.met, id]);
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#near.disconnect();
    this.#far.disconnect();
  }

  #take(entries: readonly IntersectionObserverEntry[], ids: Set<number>, isWithin: boolean): void {
    for (const { target, isIntersecting } of entries) {
      const id = this.#ids.get(target);
      if (id === undefined) continue;
      if (isIntersecting === isWithin) ids.add(id);
      else ids.delete(id);
    }
    this.#soon();
  }

  /** Whoever flies over a long page passes tiles before their turn comes. */
  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const strangers = [...this.#close].filter((id) => !this.met.has(id));
      const met = new Set([...this.met, ...strangers.slice(0, AT_ONCE)]);
      for (const id of this.#distant) if (met.size > MANY) met.delete(id);
      if (met.size !== this.met.size || strangers.length > 0) this.met = met;
      if (strangers.length > AT_ONCE) this.#soon();
    });
  }
}
