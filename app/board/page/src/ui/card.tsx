// One work package in a lane.
import type { WorkPackage } from '../api.gen';
import { keyOf } from '../model/scrub';
import type { Placed } from '../model/told';
import { duration, laneWord, parse } from '../model/words';
import * as store from '../store';

export const cardHeight = 108;

/** One line of state: what a person must act on is bad, what only waits is calm. */
function stateOf(wp: WorkPackage): { text: string; bad: boolean } | null {
  if (wp.conflict) return { text: 'conflict: two homes disagree', bad: true };
  if (wp.failed) return { text: wp.note ? `failed: ${wp.note}` : 'failed', bad: true };
  const waits = wp.counts_as === 'planned' || wp.counts_as === 'doing' ? wp.waits_for : [];
  if (waits.length > 0) return { text: `waits for ${waits.join(', ')}`, bad: false };
  if (wp.event_lane) return { text: `events have it in ${laneWord(wp.event_lane)}`, bad: false };
  return wp.note && wp.counts_as !== 'done' ? { text: wp.note, bad: false } : null;
}

export function Card({ wp, stop, slot, setSize }: { wp: Placed; stop: boolean; slot: number; setSize: number }) {
  const state = stateOf(wp);
  // The moment is another at every step: who needs it not is not drawn anew.
  const age = wp.since === null ? '' : duration(store.moment.value - parse(wp.since));
  const open = store.chosen.value?.id === wp.id && store.chosen.value.feature === wp.feature;
  return (
    <li class="slot" style={{ transform: `translateY(${slot * cardHeight}px)` }} aria-setsize={setSize} aria-posinset={slot + 1}>
      <button class={`card${open ? ' open' : ''}`} data-card={keyOf(wp.feature, wp.id)} tabIndex={stop ? 0 : -1}
        aria-pressed={open} onClick={() => { store.chosen.value = open ? null : { feature: wp.feature, id: wp.id }; }}>
        <span class="card-id">
          <b>{wp.id}</b>
          {store.feature.value === '' && <span class="dim clip" dir="auto">{wp.label}</span>}
          {wp.lane !== wp.counts_as && <span class="tag">{laneWord(wp.lane)}</span>}
          {wp.subtasks && wp.subtasks[1] > 0 && <span class="dim end" title="subtasks done">{wp.subtasks[0]}/{wp.subtasks[1]}<span class="hidden"> subtasks</span></span>}
        </span>
        <span class="card-title" dir="auto">{wp.title || 'no title'}</span>
        <span class="card-line dim">
          <span class="clip" dir="auto">{wp.agent ?? wp.assignee ?? 'nobody yet'}</span>
          {age && <span class="end">{age}</span>}
        </span>
        {state && <span class={`card-line clip ${state.bad ? 'bad' : 'dim'}`} dir="auto">{state.bad ? '⚠ ' : ''}{state.text}</span>}
      </button>
    </li>
  );
}
