// The search for work packages: words of their ids, titles and features, and names of people. The index is made
// piece by piece while nothing else happens, and follows what changes.
import MiniSearch from 'minisearch';
import type { Feature, WorkPackage } from '../api.gen';
import { keyOf } from './scrub';

const tokens = (text: string): string[] => text.toLowerCase().match(/[\p{Script=Han}]|[\p{L}\p{N}]+/gu) ?? [];
const index = new MiniSearch<{ id: string; text: string }>({
  fields: ['text'], tokenize: tokens,
  searchOptions: { prefix: true, fuzzy: word => (word.length > 4 ? 0.2 : false), combineWith: 'AND' },
});
const indexed = new Map<string, { wp: WorkPackage; text: string }>();
let current: Feature[] | null = null;

/** Work packages that are indexed at one go. */
const piece = 100;

const textOf = (feature: Feature, wp: WorkPackage): string =>
  [wp.id, wp.title, feature.slug, feature.title, wp.agent, wp.assignee].join(' ');

/** Brings the index to these features, by at most `limit` work packages; whether it is there. */
function renew(features: Feature[], limit = Infinity): boolean {
  if (current === features) return true;
  let left = limit;
  let count = 0;
  for (const feature of features)
    for (const wp of feature.work_packages) {
      const id = keyOf(feature.slug, wp.id);
      const known = indexed.get(id);
      count++;
      if (known?.wp === wp) continue;
      if (left-- <= 0) return false;
      const text = textOf(feature, wp);
      indexed.set(id, { wp, text });
      if (known === undefined) index.add({ id, text });
      else if (known.text !== text) index.replace({ id, text });
    }
  if (count < indexed.size) {
    const there = new Set(features.flatMap(feature => feature.work_packages.map(wp => keyOf(feature.slug, wp.id))));
    for (const id of indexed.keys())
      if (!there.has(id)) { indexed.delete(id); index.discard(id); }
  }
  current = features;
  return true;
}

/** Makes the index beforehand, while the page has nothing else to do. */
export function prepareSearch(features: () => Feature[]): void {
  const later = window.requestIdleCallback ?? ((call: () => void) => window.setTimeout(call, 50));
  const go = () => { if (!renew(features(), piece)) later(go); };
  later(go);
}

/** The keys of the work packages that have all words of the query; null for an empty query. */
export function search(features: Feature[], query: string): Set<string> | null {
  if (tokens(query).length === 0) return null;
  renew(features);
  return new Set(index.search(query).map(hit => hit.id as string));
}
