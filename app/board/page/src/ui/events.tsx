// The events, newest first, with filters; an event shows what caused it and what it caused.
import { signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Events, EventRow } from '../api.gen';
import { clockTime, dayOf, eventTypes, eventWords, kindWord, originWords, parse } from '../model/words';
import { getJson } from '../net/session';
import * as store from '../store';

const page = 100;
const type = signal('');
const words = signal('');

export function EventList() {
  const rows = useSignal<EventRow[] | null>(null);
  const more = useSignal(false);
  const arrived = store.arrivals.value;
  const through = store.point.value;
  const ask = (before: number | null, signal?: AbortSignal) => {
    const asked = new URLSearchParams({ limit: String(page) });
    if (store.feature.value) asked.set('feature', store.feature.value);
    if (type.value) asked.set('type', type.value);
    if (words.value.trim()) asked.set('q', words.value.trim());
    if (before !== null) asked.set('before', String(before));
    return getJson<Events>(`/board/events?${asked}`, signal);
  };
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => ask(through === null ? null : through + 1, stop.signal).then(reply => {
      rows.value = reply.events;
      more.value = reply.more;
    }, store.fail), 100);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [store.feature.value, type.value, words.value, arrived, through]);
  const older = () => {
    const last = rows.value?.[rows.value.length - 1];
    if (last) ask(last.position).then(reply => { rows.value = [...(rows.value ?? []), ...reply.events]; more.value = reply.more; }, store.fail);
  };
  const list = rows.value ?? [];
  return (
    <div class="events">
      <div class="filters">
        <label>Type <select value={type.value} onChange={event => { type.value = event.currentTarget.value; }}>
          <option value="">all</option>
          {eventTypes.map(name => <option key={name} value={name}>{kindWord(name)}</option>)}
        </select></label>
        <label>Words <input type="search" value={words.value} placeholder="work package, person, text" onInput={event => { words.value = event.currentTarget.value; }} /></label>
      </div>
      {rows.value === null ? <p class="dim">Loading events…</p> : list.length === 0 ? <p class="empty">No event matches.</p> : <Rows list={list} />}
      {more.value && <button class="older" onClick={older}>Older events</button>}
      {store.now.value!.unplaced > 0 && <p class="note">Not placed: {store.now.value!.unplaced} events name a work package but no feature.</p>}
    </div>
  );
}

function Rows({ list }: { list: EventRow[] }) {
  const days: [string, EventRow[]][] = [];
  for (const row of list) {
    const day = row.at === null ? 'time not known' : dayOf(parse(row.at));
    if (days[days.length - 1]?.[0] !== day) days.push([day, []]);
    days[days.length - 1]![1].push(row);
  }
  return (
    <>
      {days.map(([day, rows], index) => (
        <section key={`${day}-${index}`}>
          <h2 class="day">{day}</h2>
          <ol class="event-rows">{rows.map(row => <Row key={row.seq} row={row} />)}</ol>
        </section>
      ))}
    </>
  );
}

function Row({ row, strong }: { row: EventRow; strong?: boolean }) {
  const open = store.traced.value === row.event_id;
  const person = row.by !== null && row.names !== null && row.by !== row.names ? `${row.by} (names ${row.names})` : (row.by ?? row.names);
  return (
    <li class={row.origin === 'event' ? '' : 'inferred'}>
      <button class={`row${strong ? ' strong' : ''}`} aria-expanded={strong ? undefined : open} onClick={() => { store.traced.value = open ? null : row.event_id; }}>
        <span class="dim time">{row.at === null ? '' : clockTime(parse(row.at))}</span>
        <b>{row.wp_id ?? ''}</b>
        <span class={`text${row.event_type === 'ErrorLogged' ? ' bad' : ''}`} dir="auto">{row.event_type === 'ErrorLogged' ? '⚠ ' : ''}{eventWords(row)}</span>
        <span class="dim clip" dir="auto">{[person, store.feature.value ? '' : row.feature, originWords[row.origin]].filter(Boolean).join(' · ')}</span>
      </button>
      {open && !strong && <Chain row={row} />}
    </li>
  );
}

function Chain({ row }: { row: EventRow }) {
  const chain = useSignal<EventRow[] | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    getJson<Events>(`/board/events?chain=${row.event_id}`, stop.signal).then(reply => { chain.value = reply.events; }, store.fail);
    return () => stop.abort();
  }, [row.event_id]);
  if (chain.value === null) return <p class="dim chain">Loading…</p>;
  const causes = chain.value.filter(other => other.position < row.position);
  const effects = chain.value.filter(other => other.position > row.position);
  return (
    <div class="chain">
      <h3>Caused by</h3>
      {causes.length === 0 ? <p class="dim">Nothing that is known here.</p> : <ol>{causes.map(other => <Row key={other.seq} row={other} strong />)}</ol>}
      <h3>Caused</h3>
      {effects.length === 0 ? <p class="dim">Nothing yet.</p> : <ol>{effects.map(other => <Row key={other.seq} row={other} strong />)}</ol>}
      <button onClick={() => store.goToEvent(row.event_id)}>Show the board at this point</button>
      <p class="dim">clock {row.lamport_clock || 'none'} · node {row.node_id ?? 'none'} · {row.event_id}</p>
    </div>
  );
}
