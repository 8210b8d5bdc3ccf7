// The features, with how far each is: a list beside the board, a choice above it where it is narrow.
import { useRef } from 'preact/hooks';
import type { Feature, LaneName } from '../api.gen';
import { lanes, laneNames } from '../model/words';
import * as store from '../store';
import { useWindow } from './window';

const rowHeight = 54;

export const countsOf = (feature: Feature): Record<LaneName, number> => {
  const counts = { planned: 0, doing: 0, for_review: 0, done: 0 };
  for (const wp of feature.work_packages) counts[wp.counts_as]++;
  return counts;
};

function Progress({ feature }: { feature: Feature }) {
  const counts = countsOf(feature);
  const all = Math.max(1, feature.work_packages.length);
  const done = (counts.done / all) * 100;
  const review = done + (counts.for_review / all) * 100;
  const doing = review + (counts.doing / all) * 100;
  const words = lanes.filter(name => counts[name] > 0).map(name => `${counts[name]} ${laneNames[name].toLowerCase()}`).join(', ');
  return (
    <span class="bar" role="img" aria-label={words || 'no work packages'} style={{ background: `linear-gradient(90deg, var(--fill-done) ${done}%, var(--fill-for_review) ${done}% ${review}%, var(--fill-doing) ${review}% ${doing}%, var(--fill-planned) ${doing}%)` }} />
  );
}

const nameOf = (feature: Feature): string => (feature.title ? `${feature.number ?? ''} ${feature.title}`.trim() : feature.slug);

/** Drawn again when the feature has changed. */
function Row({ feature, slot, stop, size }: { feature: Feature; slot: number; stop: boolean; size: number }) {
  return (
    <li style={{ transform: `translateY(${slot * rowHeight}px)` }} aria-setsize={size} aria-posinset={slot + 1}>
      <button aria-current={store.feature.value === feature.slug} tabIndex={stop ? 0 : -1} onClick={() => { store.feature.value = feature.slug; }}>
        <span class="clip" dir="auto">{nameOf(feature)}</span>
        <Progress feature={feature} />
      </button>
    </li>
  );
}

export function Features() {
  const list = store.shown.value?.features ?? [];
  const { ref, from, to } = useWindow(list.length, rowHeight);
  const asked = useRef<string | null>(null);
  const selected = Math.max(0, list.findIndex(one => one.slug === store.feature.value));
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = list[Math.max(0, Math.min(list.length - 1, (store.feature.value === '' ? -1 : selected) + by))];
    if (!next) return;
    store.feature.value = next.slug;
    asked.current = next.slug;
    ref.current?.scrollTo({ top: list.indexOf(next) * rowHeight - 2 * rowHeight });
    requestAnimationFrame(() => ref.current?.querySelector<HTMLElement>('[aria-current="true"]')?.focus());
  };
  return (
    <nav class="features" aria-label="Features">
      <button class="all" aria-current={store.feature.value === ''} onClick={() => { store.feature.value = ''; }}>All features <span class="count">{list.length}</span></button>
      <div class="scroller" ref={ref} onKeyDown={onKeyDown}>
        <ul style={{ height: `${list.length * rowHeight}px` }}>
          {list.slice(from, to).map((one, index) => (
            <Row key={one.slug} feature={one} slot={from + index} stop={from + index === selected} size={list.length} />
          ))}
        </ul>
      </div>
    </nav>
  );
}

export function FeatureChoice() {
  const slugs = store.slugs.value;
  return (
    <select class="feature-choice" aria-label="Feature" value={store.feature.value} onChange={event => { store.feature.value = event.currentTarget.value; }}>
      <option value="">All features</option>
      {slugs !== '' && slugs.split('\n').map(slug => <option key={slug} value={slug}>{slug}</option>)}
    </select>
  );
}
