// Keys that act everywhere, unless a control takes them.
import { closeDetail } from './detail';
import { singleKeys } from './help';
import { play } from './timebar';
import * as store from '../store';

export function listenToKeys(): void {
  addEventListener('keydown', event => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || store.helpOpen.value) return;
    if (event.key === 'Escape') {
      if (store.chosen.value) closeDetail();
      else store.traced.value = null;
      return;
    }
    const target = event.target as HTMLElement;
    if (!singleKeys.value || target.closest('input, select, textarea')) return;
    switch (event.key) {
      case '?': store.helpOpen.value = true; break;
      case '/': document.querySelector<HTMLInputElement>('header input[type=search]')?.focus(); break;
      case '[': store.goTo(store.position.value - 1); break;
      case ']': store.goTo(store.position.value + 1); break;
      case '0': store.goLive(); break;
      case ' ':
        if (target !== document.body && target.closest('button, summary, [tabindex]')) return;
        play();
        break;
      default: {
        const view = /^[1-6]$/.test(event.key) ? store.views[Number(event.key) - 1] : undefined;
        if (!view) return;
        store.view.value = view;
      }
    }
    event.preventDefault();
  });
}
