// The live region: at most one sentence in five seconds, so that a screen reader keeps up.
import { effect, signal } from '@preact/signals';
import * as store from '../store';

const gap = 5_000;
const spoken = signal('');
let last = 0;
let timer = 0;

effect(() => {
  const text = store.announcement.value;
  if (!text) return;
  clearTimeout(timer);
  timer = window.setTimeout(() => { last = Date.now(); spoken.value = text; }, Math.max(0, last + gap - Date.now()));
});

export const Announcer = () => <div class="hidden" role="status" aria-live="polite">{spoken.value}</div>;
