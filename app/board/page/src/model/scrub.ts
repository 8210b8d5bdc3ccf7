// The whole log in columns, and the lane of every work package after any number of events. The
// server has folded it: a row holds the lane that its work package is in afterwards.
import type { LaneName } from '../api.gen';
import { lanes } from './words';

const noPackage = 0xffff;
const noChange = 0xff;
const errorKind = 6;
const step = 4096;

export interface PackageName { feature: string; id: string }

export class Scrub {
  /** Lanes by number of work package, after a multiple of `step` events. */
  private readonly marks: Uint8Array[];
  private current: Uint8Array;
  private position = 0;
  private readonly numbers: Map<string, number>;

  private constructor(
    packages: PackageName[],
    readonly times: Float64Array,
    private readonly wps: Uint16Array,
    private readonly moved: Uint8Array,
    private readonly kinds: Uint8Array,
  ) {
    this.current = new Uint8Array(packages.length).fill(noChange);
    this.marks = [this.current.slice()];
    this.numbers = new Map(packages.map((name, number) => [keyOf(name.feature, name.id), number]));
  }

  /** Reads `GET /board/transitions`: a length, a JSON head, columns. */
  static read(bytes: ArrayBuffer): Scrub {
    const length = new DataView(bytes).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as { count: number; packages: PackageName[] };
    const { count } = head;
    const from = 4 + length;
    return new Scrub(head.packages, new Float64Array(bytes, from, count), new Uint16Array(bytes, from + 8 * count, count),
      new Uint8Array(bytes, from + 10 * count, count), new Uint8Array(bytes, from + 11 * count, count));
  }

  get count(): number { return this.times.length; }
  timeAt(position: number): number { return position > 0 ? (this.times[position - 1] ?? NaN) : NaN; }
  isError(place: number): boolean { return this.kinds[place] === errorKind; }

  /** The number of a work package in the columns; -1: no event is about it. */
  numberOf(feature: string, id: string): number { return this.numbers.get(keyOf(feature, id)) ?? -1; }

  /** The lanes of all work packages after `position` events, by their numbers; until the next call. */
  lanesAt(position: number): (number: number) => LaneName | undefined {
    this.goTo(Math.max(0, Math.min(position, this.count)));
    return number => lanes[this.current[number] ?? noChange];
  }

  private goTo(position: number): void {
    const mark = Math.floor(position / step);
    while (this.marks.length <= mark) {
      const next = this.marks[this.marks.length - 1]!.slice();
      const from = (this.marks.length - 1) * step;
      this.apply(next, from, from + step);
      this.marks.push(next);
    }
    if (this.position > position || this.position < mark * step) {
      this.current.set(this.marks[mark]!);
      this.position = mark * step;
    }
    this.apply(this.current, this.position, position);
    this.position = position;
  }

  private apply(to: Uint8Array, from: number, until: number): void {
    for (let place = from; place < until; place++) {
      const wp = this.wps[place]!;
      const lane = this.moved[place]!;
      if (wp !== noPackage && lane !== noChange) to[wp] = lane;
    }
  }
}

export const keyOf = (feature: string, id: string): string => `${feature}/${id}`;
