// The board at a point as the columns alone tell it: what a page shows while the slider moves. Objects
// are made once and used again, so that what has not changed is not drawn again.
import type { LaneName } from '../api.gen';
import type { Scrub } from './scrub';
import type { Placed, PlacedFeature } from './told';

interface Known {
  scrub: Scrub;
  packageCount: number;
  numbers: number[];
  /** Each work package, in each lane that it has been shown in. */
  variants: Partial<Record<LaneName, Placed>>[];
  shown: PlacedFeature;
}

const known = new WeakMap<PlacedFeature, Known>();

const inLane = (wp: Placed, lane: LaneName): Placed => ({
  ...wp, lane, counts_as: lane, agent: null, assignee: null, since: null, waits_for: [], subtasks: null, note: null,
  event_lane: null, failed: false, conflict: false,
});

function knownOf(feature: PlacedFeature, scrub: Scrub): Known {
  const found = known.get(feature);
  if (found?.scrub === scrub && found.packageCount === scrub.packageCount) return found;
  const fresh: Known = {
    scrub, packageCount: scrub.packageCount, numbers: feature.work_packages.map(wp => scrub.numberOf(feature.slug, wp.id)),
    variants: feature.work_packages.map(() => ({})), shown: { ...feature, accepted_at: null, work_packages: [] },
  };
  known.set(feature, fresh);
  return fresh;
}

/** The features of now that were there after `position` events, in the lanes of then. */
export function pastOf(now: PlacedFeature[], scrub: Scrub, position: number): PlacedFeature[] {
  const laneOf = scrub.lanesAt(position);
  const all: PlacedFeature[] = [];
  for (const feature of now) {
    const its = knownOf(feature, scrub);
    const before = its.shown.work_packages;
    const then: Placed[] = [];
    let differs = false;
    for (let index = 0; index < its.numbers.length; index++) {
      const lane = laneOf(its.numbers[index]!);
      if (lane === undefined) continue;
      const wp = (its.variants[index]![lane] ??= inLane(feature.work_packages[index]!, lane));
      differs ||= before[then.length] !== wp;
      then.push(wp);
    }
    if (differs || then.length !== before.length) its.shown = { ...its.shown, work_packages: then };
    if (then.length > 0) all.push(its.shown);
  }
  return all;
}
