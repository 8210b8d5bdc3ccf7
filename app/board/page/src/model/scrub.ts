// The whole log in columns, and the lane of every work package after any number of events. The
// server has folded it: a row holds the lane that its work package is in afterwards. Events that the
// stream brings are added at the end, so that the columns are fetched once.
import type { EventRow, LaneName } from '../api.gen';
import { lanes } from './words';

const noPackage = 0xffff;
const noChange = 0xff;
const errorKind = 6;
const otherKind = 8;
const step = 4096;
/** As in `GET /board/transitions`. */
const kinds = ['WPStatusChanged', 'WPCreated', 'WPAssigned', 'FeatureCreated', 'FeatureCompleted', 'HistoryAdded', 'ErrorLogged', 'DependencyResolved'];

export interface PackageName { feature: string; id: string }

interface Columns { times: Float64Array; wps: Uint16Array; moved: Uint8Array; kinds: Uint8Array }

const room = (rows: number): Columns =>
  ({ times: new Float64Array(rows), wps: new Uint16Array(rows), moved: new Uint8Array(rows), kinds: new Uint8Array(rows) });

export class Scrub {
  /** Lanes by number of work package, after a multiple of `step` events. */
  private readonly marks: Uint8Array[];
  private current: Uint8Array;
  private position = 0;
  private readonly numbers: Map<string, number>;
  /** Whether a work package has been in a lane. */
  private seen: Uint8Array;

  private constructor(packages: PackageName[], private columns: Columns, private rows: number) {
    this.current = new Uint8Array(packages.length).fill(noChange);
    this.marks = [this.current.slice()];
    this.numbers = new Map(packages.map((name, number) => [keyOf(name.feature, name.id), number]));
    this.seen = new Uint8Array(packages.length);
    for (let place = 0; place < rows; place++)
      if (columns.moved[place] !== noChange) this.seen[columns.wps[place]!] = 1;
  }

  /** Reads `GET /board/transitions`: a length, a JSON head, columns. */
  static read(bytes: ArrayBuffer): Scrub {
    const length = new DataView(bytes).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as { count: number; packages: PackageName[] };
    const { count } = head;
    const from = 4 + length;
    return new Scrub(head.packages, {
      times: new Float64Array(bytes, from, count), wps: new Uint16Array(bytes, from + 8 * count, count),
      moved: new Uint8Array(bytes, from + 10 * count, count), kinds: new Uint8Array(bytes, from + 11 * count, count),
    }, count);
  }

  get count(): number { return this.rows; }
  get packageCount(): number { return this.numbers.size; }
  timeAt(position: number): number { return position > 0 && position <= this.rows ? this.columns.times[position - 1]! : NaN; }
  isError(place: number): boolean { return this.columns.kinds[place] === errorKind; }

  /** The number of a work package in the columns; -1: no event is about it. */
  numberOf(feature: string, id: string): number { return this.numbers.get(keyOf(feature, id)) ?? -1; }

  /** Adds events that came last; false, and nothing is added, where they do not follow what is here. */
  add(events: EventRow[]): boolean {
    if (events.some((row, index) => row.position !== this.rows + 1 + index)) return false;
    this.makeRoom(this.rows + events.length);
    for (const row of events) {
      const wp = row.feature !== null && row.wp_id !== null ? this.numberFor(keyOf(row.feature, row.wp_id)) : noPackage;
      const kind = kinds.indexOf(row.event_type);
      // A second announcement moves nothing.
      const lane = wp === noPackage ? -1
        : kind === 0 && row.counts_as !== null ? lanes.indexOf(row.counts_as)
        : kind === 1 && !this.seen[wp] ? 0 : -1;
      this.columns.times[this.rows] = row.at === null ? 0 : Date.parse(row.at);
      this.columns.wps[this.rows] = wp;
      this.columns.moved[this.rows] = lane < 0 ? noChange : lane;
      this.columns.kinds[this.rows] = kind < 0 ? otherKind : kind;
      if (lane >= 0) this.seen[wp] = 1;
      this.rows++;
    }
    return true;
  }

  /** The lanes of all work packages after `position` events, by their numbers; until the next call. */
  lanesAt(position: number): (number: number) => LaneName | undefined {
    this.goTo(Math.max(0, Math.min(position, this.rows)));
    const { current } = this;
    return number => lanes[current[number] ?? noChange];
  }

  private makeRoom(rows: number): void {
    if (rows <= this.columns.times.length) return;
    const wider = room(Math.ceil(rows * 1.25) + 256);
    for (const name of ['times', 'wps', 'moved', 'kinds'] as const) wider[name].set(this.columns[name]);
    this.columns = wider;
  }

  private numberFor(key: string): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.numbers.size;
    if (number >= noPackage) return noPackage;
    this.numbers.set(key, number);
    if (number >= this.current.length) {
      const wider = () => new Uint8Array(Math.ceil(number * 1.25) + 16);
      const [current, seen] = [wider().fill(noChange), wider()];
      current.set(this.current);
      seen.set(this.seen);
      [this.current, this.seen] = [current, seen];
    }
    return number;
  }

  private goTo(position: number): void {
    const mark = Math.floor(position / step);
    while (this.marks.length <= mark) {
      const next = new Uint8Array(this.current.length).fill(noChange);
      next.set(this.marks[this.marks.length - 1]!);
      const from = (this.marks.length - 1) * step;
      this.apply(next, from, from + step);
      this.marks.push(next);
    }
    if (this.position > position || this.position < mark * step) {
      this.current.fill(noChange);
      this.current.set(this.marks[mark]!);
      this.position = mark * step;
    }
    this.apply(this.current, this.position, position);
    this.position = position;
  }

  private apply(to: Uint8Array, from: number, until: number): void {
    const { wps, moved } = this.columns;
    for (let place = from; place < until; place++) {
      const wp = wps[place]!;
      const lane = moved[place]!;
      if (wp !== noPackage && lane !== noChange) to[wp] = lane;
    }
  }
}

export const keyOf = (feature: string, id: string): string => `${feature}/${id}`;
