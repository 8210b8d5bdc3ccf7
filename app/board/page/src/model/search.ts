// The search for work packages: words of their ids, titles and features, and names of people.
import MiniSearch from 'minisearch';
import type { Feature } from '../api.gen';
import { keyOf } from './scrub';

const tokens = (text: string): string[] => text.toLowerCase().match(/[\p{Script=Han}]|[\p{L}\p{N}]+/gu) ?? [];
let index: MiniSearch | null = null;
let indexed: Feature[] | null = null;

function build(features: Feature[]): MiniSearch {
  const made = new MiniSearch({
    fields: ['text'], tokenize: tokens,
    searchOptions: { prefix: true, fuzzy: word => (word.length > 4 ? 0.2 : false), combineWith: 'AND' },
  });
  made.addAll(features.flatMap(feature => feature.work_packages.map(wp => ({
    id: keyOf(feature.slug, wp.id),
    text: [wp.id, wp.title, feature.slug, feature.title, wp.agent, wp.assignee].join(' '),
  }))));
  return made;
}

/** The keys of the work packages that have all words of the query; null for an empty query. */
export function search(features: Feature[], query: string): Set<string> | null {
  if (tokens(query).length === 0) return null;
  if (index === null || indexed !== features) {
    index = build(features);
    indexed = features;
  }
  return new Set(index.search(query).map(hit => hit.id as string));
}
