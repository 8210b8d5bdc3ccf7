// Words for people: times, durations, lanes, events, commands.
import type { EventRow, LaneName, WorkPackage } from '../api.gen';

export const lanes: readonly LaneName[] = ['planned', 'doing', 'for_review', 'done'];
export const laneNames: Record<LaneName, string> = {
  planned: 'Planned', doing: 'Doing', for_review: 'For review', done: 'Done',
};
/** Lanes differ by a sign too, for those who do not see colours. */
export const laneSigns: Record<LaneName, string> = {
  planned: '○', doing: '◐', for_review: '◇', done: '●',
};
/** What fills a lane that is empty. */
export const laneHints: Record<LaneName, string> = {
  planned: 'spec-kitty agent feature finalize-tasks announces work packages',
  doing: 'spec-kitty implement WP01 starts one',
  for_review: 'finished work waits here for a reviewer',
  done: 'spec-kitty accept brings reviewed work here',
};

export const laneWord = (lane: string): string => laneNames[lane as LaneName] ?? lane.replaceAll('_', ' ');

const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(undefined, options);
const clock = format({ hour: '2-digit', minute: '2-digit' });
const moment = format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const date = format({ day: 'numeric', month: 'short', year: 'numeric' });

export const clockTime = (ms: number): string => clock.format(ms);
export const dayOf = (ms: number): string => date.format(ms);
export const timeOf = (ms: number): string =>
  Math.abs(Date.now() - ms) < 300 * 86_400_000 ? moment.format(ms) : `${date.format(ms)}, ${clock.format(ms)}`;
export const parse = (at: string | null): number => (at === null ? NaN : Date.parse(at));

/** `3 d`, `5 h`, `12 min`, `now`: the largest whole unit. */
export function duration(ms: number): string {
  const minutes = Math.max(0, ms) / 60_000;
  if (!Number.isFinite(minutes)) return '';
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} d`;
}
/** The same in a sentence: `for …`. */
export const timeFor = (ms: number): string => (ms < 60_000 ? 'less than a minute' : duration(ms));
export const seconds = (value: number | null): string => (value === null ? 'not known' : timeFor(value * 1000));

const figures = new Intl.NumberFormat('en');
export const number = (value: number): string => figures.format(value);
export const plural = (count: number, word: string): string => `${number(count)} ${word}${count === 1 ? '' : 's'}`;

/** A word as a shell takes it. */
const shellWord = (text: string): string => (/^[\w.,:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** The commands that would move a work package now. */
export function commandsFor(slug: string, wp: WorkPackage): string[] {
  const feature = `--feature ${shellWord(slug)}`;
  const move = `spec-kitty agent tasks move-task ${wp.id}`;
  switch (wp.counts_as) {
    case 'planned': return [`spec-kitty implement ${wp.id} ${feature}`];
    case 'doing': return [`${move} --to for_review ${feature}`];
    case 'for_review':
      return [`${move} --to done ${feature}`, `${move} --to planned --review-feedback-file - ${feature}`];
    case 'done': return [];
  }
}

const kinds: Record<string, string> = {
  WPStatusChanged: 'moved', WPCreated: 'announced', WPAssigned: 'assigned', FeatureCreated: 'feature announced',
  FeatureCompleted: 'feature accepted', HistoryAdded: 'note', ErrorLogged: 'error', DependencyResolved: 'dependency done',
  other: 'other event',
};
export const eventTypes = Object.keys(kinds);
export const kindWord = (type: string): string => kinds[type] ?? type;

/** What happened, in a sentence without its subject. */
export function eventWords(row: EventRow): string {
  switch (row.event_type) {
    case 'WPStatusChanged': {
      const move = `${row.from === null ? '' : `${laneWord(row.from)} → `}${laneWord(row.to ?? '')}`;
      return `moved ${move}${row.text ? `: ${row.text}` : ''}`;
    }
    case 'DependencyResolved': return `${row.text ?? 'a dependency'} is done`;
    default: return row.text ? `${kindWord(row.event_type)}: ${row.text}` : kindWord(row.event_type);
  }
}
export const originWords: Record<EventRow['origin'], string> = {
  event: '', git: 'from git', activity_log: 'from the activity log', status_log: 'from status.events.jsonl',
};
