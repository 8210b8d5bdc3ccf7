// The address holds what is shown: `#/board?feature=001-tea&wp=WP01&at=<event>&q=text`.
import { batch, effect } from '@preact/signals';
import * as store from './store';

export function readRoute(): void {
  const [path, words] = location.hash.replace(/^#\/?/, '').split('?');
  const given = new URLSearchParams(words ?? '');
  batch(() => {
    store.view.value = store.views.find(name => name === path) ?? 'board';
    store.feature.value = given.get('feature') ?? '';
    store.query.value = given.get('q') ?? '';
    const wp = given.get('wp')?.split('/') ?? [];
    const id = wp.pop();
    store.chosen.value = id ? { feature: wp.join('/') || store.feature.value, id } : null;
    store.traced.value = given.get('event');
  });
  const at = given.get('at');
  if (at !== null && /^[0-9A-Z]{26}$/.test(at) && at !== store.pointEvent.value) store.goToEvent(at);
}

export function keepRoute(): void {
  effect(() => {
    const words = new URLSearchParams();
    if (store.feature.value) words.set('feature', store.feature.value);
    const chosen = store.chosen.value;
    if (chosen) words.set('wp', `${chosen.feature}/${chosen.id}`);
    if (store.traced.value) words.set('event', store.traced.value);
    if (store.query.value) words.set('q', store.query.value);
    const at = store.pointEvent.value;
    if (at) words.set('at', at);
    const text = words.toString();
    const hash = `#/${store.view.value}${text ? `?${text}` : ''}`;
    if (location.hash !== hash) history.replaceState(null, '', hash);
  });
  addEventListener('hashchange', readRoute);
}
