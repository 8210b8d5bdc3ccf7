// The keys, and what may be switched off.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import * as store from '../store';

const keys: [string, string][] = [
  ['← → ↑ ↓ or h j k l', 'from card to card'], ['Enter', 'open the card'], ['Esc', 'close what is open'], ['/', 'search'],
  ['1 to 6', 'the views'], ['[ and ]', 'one event back, one on'], ['Space', 'play, pause'], ['0', 'back to live'], ['?', 'this help'],
];

const read = (name: string): string => { try { return localStorage.getItem(name) ?? ''; } catch { return ''; } };
const keep = (name: string, value: string): void => { try { localStorage.setItem(name, value); } catch { /* kept for this page alone */ } };

export const singleKeys = signal(read('board-keys') !== 'off');
const theme = signal(read('board-theme') || 'system');

export function applyTheme(): void {
  document.documentElement.dataset['theme'] = theme.value;
}

export function Help() {
  const ref = useRef<HTMLDialogElement>(null);
  const open = store.helpOpen.value;
  useEffect(() => {
    const dialog = ref.current;
    if (open && !dialog?.open) dialog?.showModal();
    if (!open && dialog?.open) dialog.close();
  }, [open]);
  return (
    <dialog ref={ref} aria-labelledby="help-title" onClose={() => { store.helpOpen.value = false; }}>
      <h2 id="help-title">Keyboard and looks</h2>
      <dl class="keys">{keys.map(([key, words]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{words}</dd></div>)}</dl>
      <label><input type="checkbox" checked={singleKeys.value} onChange={event => { singleKeys.value = event.currentTarget.checked; keep('board-keys', singleKeys.value ? 'on' : 'off'); }} /> Keys without Ctrl or Alt act</label>
      <label>Colours <select value={theme.value} onChange={event => { theme.value = event.currentTarget.value; keep('board-theme', theme.value); applyTheme(); }}>
        <option value="system">as the system</option><option value="light">light</option><option value="dark">dark</option>
      </select></label>
      <p class="dim">Nothing here moves a work package: it moves when somebody works. Each card shows the commands.</p>
      <button class="primary" onClick={() => { store.helpOpen.value = false; }}>Close</button>
    </dialog>
  );
}
