// What the page shows: signals, and what changes them.
//
//   stream ─▶ told, frame by frame ─▶ now, columns ─┐
//   slider ─▶ point ─▶ lanes of the columns ────────┼─▶ shown
//                   └▶ GET /board/state?at= ────────┘
import { batch, computed, effect, signal } from '@preact/signals';
import type { EventRow, Feature, Home, State, StreamMessage, WorkPackage } from './api.gen';
import { pastOf } from './model/past';
import { Scrub } from './model/scrub';
import { prepareSearch } from './model/search';
import { placed, Told, type Board } from './model/told';
import { getBytes, getJson } from './net/session';

export const views = ['board', 'graph', 'events', 'agents', 'numbers', 'sync'] as const;
export type View = (typeof views)[number];

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
const past = signal<(Board & Pick<State, 'at'>) | null>(null);
export const scrub = signal<Scrub | null>(null);
/** Events that have come since the page was opened; a view that shows events asks again. */
export const arrivals = signal(0);
export const playing = signal(0);
const told = new Told();

export const total = computed(() => Math.max(scrub.value?.count ?? 0, now.value?.head.position ?? 0));
export const position = computed(() => point.value ?? total.value);
export const isPast = computed(() => point.value !== null);
/** The slider moves: the server has not answered for the point yet. */
export const isMoving = computed(() => point.value !== null && past.value?.at?.position !== point.value);

/** While the slider moves, the views follow it so often, in milliseconds: nobody reads faster. */
const followedEvery = 60;
const followed = signal<number | null>(null);
let followedAt = 0;
let following = 0;
effect(() => {
  const at = point.value;
  const follow = () => { following = 0; followedAt = performance.now(); followed.value = point.peek(); };
  const wait = isMoving.value && at !== null ? followedAt + followedEvery - performance.now() : 0;
  if (wait <= 0) { clearTimeout(following); follow(); } else if (following === 0) following = window.setTimeout(follow, wait);
});

/** The board at the point: exact where the server has answered, else the lanes of the columns. */
export const shown = computed<Board | null>(() => {
  const live = now.value;
  const at = followed.value;
  if (live === null || at === null) return live;
  if (past.value?.at?.position === at) return past.value;
  return { ...live, features: scrub.value ? pastOf(live.features, scrub.value, at) : [], agents: [], waits: [] };
});

/** The moment that durations are told from. */
export const moment = computed(() => {
  const at = followed.value;
  return at === null ? clock.value : (scrub.value?.timeAt(at) ?? clock.value);
});

export function find(board: Board | null, slug: string, id: string): { feature: Feature; wp: WorkPackage } | null {
  const owner = board?.features.find(one => one.slug === slug);
  const wp = owner?.work_packages.find(one => one.id === id);
  return owner && wp ? { feature: owner, wp } : null;
}

// What changes seldom, for those that need no more of the board.
export const hasBoard = computed(() => now.value !== null);
export const project = computed(() => now.value?.project ?? '');
export const slugs = computed(() => (shown.value?.features ?? []).map(one => one.slug).join('\n'));
export const urgent = computed(() => (shown.value?.waits ?? []).filter(one => one.urgent).length);
export const problems = computed(() => now.value?.sync?.problems.length ?? 0);

/** The features in view. */
export const inView = computed(() =>
  (shown.value?.features ?? []).filter(one => feature.value === '' || one.slug === feature.value));

export const resumeAfter = (): number => told.through;

/** The least time between two drawings, in milliseconds. */
const drawnEvery = 50;
let drawnAt = -drawnEvery;
let frame = 0;

/** Takes a message of the stream. It is shown at once, or with what follows soon, in one frame; a page that
 * nobody looks at has no frames. `announce` gets the events that are new. */
export function take(message: StreamMessage, announce: (events: EventRow[]) => void): void {
  heardAt.value = Date.now();
  told.take(message);
  if (frame !== 0) return;
  if (!document.hidden && performance.now() - drawnAt >= drawnEvery) showNews(announce);
  else frame = requestAnimationFrame(() => { frame = 0; showNews(announce); });
}

function showNews(announce: (events: EventRow[]) => void): void {
  drawnAt = performance.now();
  const { board, events, earlier, isCut } = told.news();
  const isFirst = now.value === null && board !== null;
  batch(() => {
    const isWhole = !isCut && (scrub.value?.add(events) ?? false);
    if (board !== null) now.value = board;
    if (events.length > 0) arrivals.value++;
    if (isPast.value && earlier > 0) announcement.value = `${earlier} earlier events arrived`;
    if (isFirst || isCut || (events.length > 0 && !isWhole)) needColumns();
  });
  if (isFirst) prepareSearch(() => now.peek()?.features ?? []);
  else announce(events);
}

let columnsAsked = 0;
/** Fetches the columns soon: at once the first time, later once a second at most. */
export function needColumns(): void {
  if (columnsAsked !== 0) return;
  columnsAsked = window.setTimeout(() => {
    columnsAsked = 0;
    getBytes('/board/transitions').then(bytes => {
      const anchor = past.value?.at?.event_id;
      const fresh = Scrub.read(bytes);
      scrub.value = fresh;
      if (fresh.count < (now.value?.head.position ?? 0)) needColumns(); // events came meanwhile
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
      const features = state.features.map(one => placed(one));
      batch(() => { past.value = { ...state, features }; point.value = state.at?.position ?? point.value; });
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
