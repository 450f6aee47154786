/** Short notices at the edge of the page. One with an action stays long enough to use it, and waits while it is looked at. */

export interface Toast {
  id: number;
  text: string;
  kind: 'plain' | 'bad';
  action: { label: string; run: () => void } | null;
}

/** Undo is offered for at least ten seconds. */
const WITH_ACTION_MS = 12_000;
const PLAIN_MS = 5_000;

class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  private lastId = 0;
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();

  add(text: string, options: { kind?: Toast['kind']; action?: Toast['action'] } = {}): number {
    this.lastId += 1;
    const toast: Toast = {
      id: this.lastId,
      text,
      kind: options.kind ?? 'plain',
      action: options.action ?? null,
    };
    this.list = [...this.list.slice(-4), toast];
    this.resume(toast);
    return toast.id;
  }

  remove(id: number): void {
    this.pause(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  pause(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
  }

  resume(toast: Toast): void {
    this.pause(toast.id);
    const isLong = toast.action !== null || toast.kind === 'bad';
    this.timers.set(
      toast.id,
      setTimeout(() => this.remove(toast.id), isLong ? WITH_ACTION_MS : PLAIN_MS),
    );
  }
}

export const toasts = new Toasts();
