// What the stream has told so far, message by message. Work packages that a message repeats as they
// were stay the same objects, so that what has not changed is not drawn again.
import type { EventRow, Feature, StreamMessage, Surroundings, WorkPackage } from '../api.gen';

/** A work package that knows its feature: the slug, and what names it in few letters. */
export type Placed = WorkPackage & { feature: string; label: string };
export type PlacedFeature = Omit<Feature, 'work_packages'> & { work_packages: Placed[] };
export type Board = Surroundings & { features: PlacedFeature[] };

/** So many events wait for a page that is not looked at; of more, it asks for the columns anew. */
const maxWaiting = 1000;

function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length
    && names.every(name => isSame((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name]));
}

/** The feature with packages that know it; those that are as they were before stay the same objects. */
export function placed(feature: Feature, before?: PlacedFeature): PlacedFeature {
  const label = feature.number ?? feature.slug;
  const known = new Map(before?.work_packages.map(wp => [wp.id, wp]));
  return {
    ...feature, work_packages: feature.work_packages.map(wp => {
      const fresh = { ...wp, feature: feature.slug, label };
      const old = known.get(wp.id);
      return old !== undefined && isSame(old, fresh) ? old : fresh;
    }),
  };
}

export class Told {
  private features = new Map<string, PlacedFeature>();
  private around: Surroundings | null = null;
  private waiting: EventRow[] = [];
  private lastSeq = 0;
  private earlier = 0;
  private isCut = false;
  private differs = false;

  /** The last event of the stream, by its number of arrival. */
  get through(): number { return this.lastSeq; }

  take(message: StreamMessage): void {
    // A server that was started anew may count anew, and the past may be another than before.
    if (message.whole && message.through !== undefined) {
      this.lastSeq = Math.min(this.lastSeq, message.through);
      this.isCut = true;
    }
    if (message.surroundings || message.features || message.gone) {
      const before = this.features;
      if (message.whole) this.features = new Map();
      for (const slug of message.gone ?? []) this.features.delete(slug);
      for (const one of message.features ?? []) this.features.set(one.slug, placed(one, before.get(one.slug)));
      this.around = message.surroundings ?? this.around;
      this.differs = true;
    }
    const fresh = (message.events ?? []).filter(row => row.seq > this.lastSeq);
    this.lastSeq = fresh.reduce((last, row) => Math.max(last, row.seq), Math.max(this.lastSeq, message.through ?? 0));
    this.earlier += message.earlier ?? 0;
    this.isCut ||= message.more === true || this.waiting.length + fresh.length > maxWaiting;
    this.waiting = [...this.waiting, ...fresh].slice(-maxWaiting);
  }

  /** What is new since the last call. `isCut`: the events are not all, or do not come last. */
  news(): { board: Board | null; events: EventRow[]; earlier: number; isCut: boolean } {
    const { around, waiting: events, earlier, isCut } = this;
    const board = this.differs && around !== null
      ? { ...around, features: [...this.features.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1)) } : null;
    [this.waiting, this.earlier, this.isCut, this.differs] = [[], 0, false, false];
    return { board, events, earlier, isCut: isCut || earlier > 0 };
  }
}
