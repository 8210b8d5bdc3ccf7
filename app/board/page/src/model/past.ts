// The board at a point as the columns alone tell it: what a page shows while the slider moves. Objects
// are made once and used again, so that what has not changed is not drawn again.
import type { Feature, LaneName, WorkPackage } from '../api.gen';
import type { Scrub } from './scrub';

interface Known {
  scrub: Scrub;
  numbers: number[];
  shown: Feature;
}

const features = new WeakMap<Feature, Known>();
const packages = new WeakMap<WorkPackage, Partial<Record<LaneName, WorkPackage>>>();

function inLane(wp: WorkPackage, lane: LaneName): WorkPackage {
  let known = packages.get(wp);
  if (!known) packages.set(wp, (known = {}));
  return (known[lane] ??= {
    ...wp, lane, counts_as: lane, agent: null, assignee: null, since: null, waits_for: [], subtasks: null, note: null,
    event_lane: null, failed: false, conflict: false,
  });
}

const isSame = (left: WorkPackage[], right: WorkPackage[]): boolean =>
  left.length === right.length && left.every((one, index) => one === right[index]);

/** The features of now that were there after `position` events, in the lanes of then. */
export function pastOf(now: Feature[], scrub: Scrub, position: number): Feature[] {
  const laneOf = scrub.lanesAt(position);
  return now.flatMap(feature => {
    let known = features.get(feature);
    if (known?.scrub !== scrub) {
      const numbers = feature.work_packages.map(wp => scrub.numberOf(feature.slug, wp.id));
      features.set(feature, (known = { scrub, numbers, shown: { ...feature, accepted_at: null, work_packages: [] } }));
    }
    const then: WorkPackage[] = [];
    feature.work_packages.forEach((wp, index) => {
      const lane = laneOf(known.numbers[index]!);
      if (lane) then.push(inLane(wp, lane));
    });
    if (!isSame(then, known.shown.work_packages)) known.shown = { ...known.shown, work_packages: then };
    return then.length > 0 ? [known.shown] : [];
  });
}
