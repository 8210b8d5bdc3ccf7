// The lanes. One stop for Tab: arrows and hjkl go from card to card.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { LaneName } from '../api.gen';
import { keyOf } from '../model/scrub';
import { search } from '../model/search';
import type { Placed, PlacedFeature } from '../model/told';
import { duration, laneHints, laneNames, lanes, laneSigns, parse, plural } from '../model/words';
import * as store from '../store';
import { Card, cardHeight } from './card';
import { useWindow } from './window';

/** Where the keyboard is; -1: nowhere yet. */
const cursor = signal<{ lane: number; row: number; focus: boolean }>({ lane: -1, row: 0, focus: false });
/** The lane in view where there is place for one. */
const narrowLane = signal<LaneName>('doing');

type Lists = Record<LaneName, Placed[]>;
const isSame = (left: Placed[], right: Placed[]): boolean =>
  left.length === right.length && left.every((one, index) => one === right[index]);

/** What stands in each lane; a lane in which nothing has changed stays the same list. */
function listsOf(features: PlacedFeature[], hits: Set<string> | null, before: Lists | null): Lists {
  const sorted: Lists = { planned: [], doing: [], for_review: [], done: [] };
  for (const feature of features)
    for (const wp of feature.work_packages)
      if (hits === null || hits.has(keyOf(feature.slug, wp.id))) sorted[wp.counts_as].push(wp);
  // What came last is what people look for. While the slider moves, no time is known.
  if (sorted.done.some(one => one.since !== null)) {
    const times = new Map(sorted.done.map(one => [one, parse(one.since) || 0]));
    sorted.done.sort((a, b) => times.get(b)! - times.get(a)!);
  }
  for (const name of lanes)
    if (before !== null && isSame(sorted[name], before[name])) sorted[name] = before[name];
  return sorted;
}

function Lane({ name, list, stop }: { name: LaneName; list: Placed[]; stop: number }) {
  const { ref, from, to } = useWindow(list.length, cardHeight, store.isMoving.value ? 0 : 3);
  const at = cursor.value;
  const mine = lanes[at.lane] === name;
  useEffect(() => {
    const scroller = ref.current;
    // A key that came before this ran has moved on already: its focus must not be taken back.
    if (!mine || !at.focus || !scroller || cursor.peek() !== at) return;
    const top = at.row * cardHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    if (top + cardHeight > scroller.scrollTop + scroller.clientHeight)
      scroller.scrollTop = top + cardHeight - scroller.clientHeight;
    const focus = () => scroller.querySelector<HTMLElement>('.card[tabindex="0"]')?.focus();
    focus();
    // It may have been outside of the window. Who has moved on meanwhile keeps the focus.
    requestAnimationFrame(() => { if (document.activeElement === document.body && cursor.peek() === at) focus(); });
  }, [at, mine]);
  const oldest = name === 'for_review' ? Math.min(...list.map(one => parse(one.since)).filter(Number.isFinite)) : Infinity;
  const shown = list.slice(from, to);
  return (
    <section class={`lane lane-${name}${narrowLane.value === name ? ' here' : ''}`} aria-labelledby={`lane-${name}`}>
      <h2 id={`lane-${name}`}>
        <span aria-hidden="true">{laneSigns[name]}</span> {laneNames[name]} <span class="count">{list.length}</span>
        {Number.isFinite(oldest) && <span class="dim end">oldest {duration(store.moment.value - oldest)}</span>}
      </h2>
      <div class="scroller" ref={ref}>
        {list.length === 0
          ? <p class="empty dim">{store.query.value ? 'Nothing here has these words.' : store.isPast.value ? 'Empty then.' : laneHints[name]}</p>
          : <ul style={{ height: `${list.length * cardHeight}px` }}>
              {shown.map((one, index) => (
                // In the past a place keeps its card and changes its text, so that scrubbing makes no elements.
                <Card key={store.isPast.value ? index : keyOf(one.feature, one.id)} wp={one} slot={from + index} stop={stop === from + index} setSize={list.length} />
              ))}
            </ul>}
      </div>
    </section>
  );
}

export function Board() {
  const before = useRef<Lists | null>(null);
  const hits = search(store.now.value?.features ?? [], store.query.value);
  const sorted = (before.current = listsOf(store.inView.value, hits, before.current));
  const at = cursor.value;
  const here = at.lane >= 0 ? sorted[lanes[at.lane]!] : [];
  const first = lanes.findIndex(name => sorted[name].length > 0);
  const stopLane = here.length > 0 ? at.lane : first;
  const stopRow = here.length > 0 ? Math.min(at.row, here.length - 1) : 0;
  const go = (lane: number, row: number) => { cursor.value = { lane, row, focus: true }; narrowLane.value = lanes[lane]!; };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || stopLane < 0) return;
    const sideways = { ArrowLeft: -1, h: -1, ArrowRight: 1, l: 1 }[event.key];
    const down = { ArrowUp: -1, k: -1, ArrowDown: 1, j: 1 }[event.key];
    if (sideways !== undefined) {
      let lane = stopLane + sideways;
      while (lane >= 0 && lane < lanes.length && sorted[lanes[lane]!].length === 0) lane += sideways;
      if (lane >= 0 && lane < lanes.length) go(lane, Math.min(stopRow, sorted[lanes[lane]!].length - 1));
    } else if (down !== undefined) {
      go(stopLane, Math.max(0, Math.min(stopRow + down, sorted[lanes[stopLane]!].length - 1)));
    } else if (event.key === 'Home' || event.key === 'End') {
      go(stopLane, event.key === 'Home' ? 0 : sorted[lanes[stopLane]!].length - 1);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onFocus = (event: FocusEvent) => {
    const key = (event.target as HTMLElement).dataset['card'];
    if (key === undefined) return;
    lanes.forEach((name, lane) => {
      const row = sorted[name].findIndex(one => keyOf(one.feature, one.id) === key);
      if (row >= 0 && (cursor.value.lane !== lane || cursor.value.row !== row)) cursor.value = { lane, row, focus: false };
    });
  };
  return (
    <div class="board">
      <div class="lane-picker" role="group" aria-label="Lane">
        {lanes.map(name => (
          <button key={name} aria-pressed={narrowLane.value === name} onClick={() => { narrowLane.value = name; }}
            aria-label={`${laneNames[name]}, ${plural(sorted[name].length, 'work package')}`}>
            <span aria-hidden="true">{laneSigns[name]} {laneNames[name]} {sorted[name].length}</span>
          </button>
        ))}
      </div>
      <div class="lanes" onKeyDown={onKeyDown} onFocusCapture={onFocus}>
        {lanes.map((name, lane) => <Lane key={name} name={name} list={sorted[name]} stop={lane === stopLane ? stopRow : -1} />)}
      </div>
    </div>
  );
}
