// What the page shows: signals, and what changes them.
//
//   stream ─▶ now ───────────────────────────────┐
//   slider ─▶ point ─▶ lanes of the columns ─────┼─▶ shown
//                   └▶ GET /board/state?at= ─────┘
import { batch, computed, signal } from '@preact/signals';
import type { EventRow, Feature, Home, State, StreamMessage, Surroundings, WorkPackage } from './api.gen';
import { pastOf } from './model/past';
import { Scrub } from './model/scrub';
import { getBytes, getJson } from './net/session';

export const views = ['board', 'graph', 'events', 'agents', 'numbers', 'sync'] as const;
export type View = (typeof views)[number];
export type Board = Surroundings & { features: Feature[] };

export const view = signal<View>('board');
/** The slug of the feature in view; empty: all. */
export const feature = signal('');
export const query = signal('');
export const chosen = signal<{ feature: string; id: string } | null>(null);
/** The event whose causes and effects are shown. */
export const traced = signal<string | null>(null);
export const helpOpen = signal(false);
export const connection = signal<'connecting' | 'open' | 'old' | 'refused'>('connecting');
/** When the server was last heard. */
export const heardAt = signal(Date.now());
export const clock = signal(Date.now());
export const trouble = signal<string | null>(null);
/** A sentence for screen readers. */
export const announcement = signal('');

/** Where the page is; null: not known yet. */
export const home = signal<Home | null>(null);
/** The slug of the team in view; empty: the board of one machine, or no team. */
export const team = signal('');
/** A team's server wants a login. */
export const signedOut = signal(false);
export const isTeam = computed(() => home.value?.home === 'team');

export const now = signal<Board | null>(null);
/** The point shown, as a number of events; null: now. */
export const point = signal<number | null>(null);
const past = signal<State | null>(null);
export const scrub = signal<Scrub | null>(null);
/** Events that have come since the page was opened; a view that shows events asks again. */
export const arrivals = signal(0);
export const playing = signal(0);
let lastSeq = 0;

export const total = computed(() => Math.max(scrub.value?.count ?? 0, now.value?.head.position ?? 0));
export const position = computed(() => point.value ?? total.value);
export const isPast = computed(() => point.value !== null);

/** The board at the point: exact where the server has answered, else the lanes of the columns. */
export const shown = computed<Board | null>(() => {
  const live = now.value;
  const at = point.value;
  if (live === null || at === null) return live;
  if (past.value?.at?.position === at) return past.value;
  return { ...live, features: scrub.value ? pastOf(live.features, scrub.value, at) : [], agents: [], waits: [] };
});

/** The moment that durations are told from. */
export const moment = computed(() => {
  const at = point.value;
  return at === null ? clock.value : (scrub.value?.timeAt(at) ?? clock.value);
});

export function find(board: Board | null, slug: string, id: string): { feature: Feature; wp: WorkPackage } | null {
  const owner = board?.features.find(one => one.slug === slug);
  const wp = owner?.work_packages.find(one => one.id === id);
  return owner && wp ? { feature: owner, wp } : null;
}

/** The slugs of the features that there are, a line each: what changes seldom. */
export const slugs = computed(() => (shown.value?.features ?? []).map(one => one.slug).join('\n'));

/** The features in view. */
export const inView = computed(() =>
  (shown.value?.features ?? []).filter(one => feature.value === '' || one.slug === feature.value));

export const resumeAfter = (): number => lastSeq;

/** Takes a message of the stream. The events among them that are new are returned. */
export function take(message: StreamMessage): EventRow[] {
  // A server that was started anew may count anew.
  if (message.whole && message.through !== undefined) lastSeq = Math.min(lastSeq, message.through);
  const fresh = (message.events ?? []).filter(row => row.seq > lastSeq);
  batch(() => {
    heardAt.value = Date.now();
    if (message.surroundings || message.features || message.gone) {
      const slugs = new Map(((message.whole ? null : now.value)?.features ?? []).map(one => [one.slug, one]));
      for (const slug of message.gone ?? []) slugs.delete(slug);
      for (const one of message.features ?? []) slugs.set(one.slug, one);
      const around = message.surroundings ?? now.value;
      if (around)
        now.value = { ...around, features: [...slugs.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1)) };
    }
    const through = Math.max(message.through ?? 0, ...fresh.map(row => row.seq));
    if (through > lastSeq) {
      lastSeq = through;
      arrivals.value++;
      if (point.value !== null && (message.earlier ?? 0) > 0)
        announcement.value = `${message.earlier} earlier events arrived`;
      needColumns();
    }
  });
  return fresh;
}

let columnsAsked = 0;
/** Fetches the columns soon: at once the first time, later once a second at most. */
export function needColumns(): void {
  if (columnsAsked !== 0) return;
  columnsAsked = window.setTimeout(() => {
    columnsAsked = 0;
    getBytes('/board/transitions').then(bytes => {
      const anchor = past.value?.at?.event_id;
      scrub.value = Scrub.read(bytes);
      if (point.value !== null && anchor) goToEvent(anchor); // its place may be another now
    }, fail);
  }, scrub.value === null ? 0 : 1000);
}

export function fail(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return;
  if (error instanceof Error && error.name !== 'TypeError') trouble.value = error.message;
}

let exact: AbortController | null = null;
let exactAsked = 0;
/** Asks for the board after so many events, once the slider rests. */
function askExact(at: string, after: number): void {
  clearTimeout(exactAsked);
  exact?.abort();
  exactAsked = window.setTimeout(() => {
    const mine = (exact = new AbortController());
    getJson<State>(`/board/state?at=${encodeURIComponent(at)}`, mine.signal).then(state => {
      if (point.value === null) return;
      batch(() => { past.value = state; point.value = state.at?.position ?? point.value; });
    }, fail);
  }, after);
}

/** Shows the board after so many events; from the last one on, live. */
export function goTo(wanted: number): void {
  if (wanted >= total.value) return goLive();
  point.value = Math.max(0, wanted);
  askExact(String(point.value), 120);
}

/** Shows the board right after an event. */
export function goToEvent(id: string): void {
  point.value ??= total.value;
  askExact(id, 0);
}

export function goLive(): void {
  clearTimeout(exactAsked);
  exact?.abort();
  batch(() => { point.value = null; past.value = null; playing.value = 0; });
}

/** The event that the point stands on. */
export const pointEvent = computed(() => (point.value === null ? null : (past.value?.at?.event_id ?? null)));
