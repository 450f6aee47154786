/** What a person does in a pane, told to the programs that listen to its window (docs/protocol.md, events). */

import type { LiveEnv, WindowState } from '../live/types';

export type PaneEvent =
  | { event_type: 'KeyPress'; key: string; key_code: number }
  | { event_type: 'Click'; image_coord: { x: number; y: number; visibility: 'visible' } }
  | { event_type: 'PropertyUpdate'; propertyId: number; value: string | boolean }
  | { event_type: 'EntitySelected'; entityId: string; idx: number }
  | { event_type: 'RegionSelected'; selectedIdxs: number[] };

/** Sends an event; panes call it only where the person may edit. Returns whether it went out. */
export function sendEvent(live: LiveEnv, pane: WindowState, event: PaneEvent): boolean {
  return live.session.sendEvent(pane.id, event);
}

/**
 * Follows the keys of an element: a key that was pressed and let go there, and that nothing on the page took for itself, is a KeyPress.
 */
export function keyPresses(send: (event: PaneEvent) => void): {
  onkeydown: (event: KeyboardEvent) => void;
  onkeyup: (event: KeyboardEvent) => void;
} {
  const pressed = new Map<string, { down: KeyboardEvent; isUsedHere: boolean }>();
  return {
    // A key that the pane itself uses (to zoom, to step) is told all the same; one that the page takes afterwards is not.
    onkeydown: (down) => pressed.set(down.code || down.key, { down, isUsedHere: down.defaultPrevented }),
    onkeyup(event) {
      const id = event.code || event.key;
      const { down, isUsedHere } = pressed.get(id) ?? {};
      pressed.delete(id);
      if (!down || (down.defaultPrevented && !isUsedHere) || down.ctrlKey || down.metaKey) return;
      if (isControl(event.target)) return;
      send({ event_type: 'KeyPress', key: event.key, key_code: event.keyCode });
    },
  };
}

/** Fields and buttons of the pane use their keys themselves. */
function isControl(target: EventTarget | null): boolean {
  return (
    target instanceof Element && target.closest('input, textarea, select, button, a, [role="menu"]') !== null
  );
}
