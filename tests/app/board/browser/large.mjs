// A repository and home as large as the bars of the board: every file and event is real.
import fs from 'node:fs';
import path from 'node:path';
import { Site } from './site.mjs';

const lanes = ['planned', 'doing', 'for_review', 'done'];
const two = number => String(number).padStart(2, '0');

/** The same numbers for the same seed. */
function drawing(seed) {
  let state = seed >>> 0;
  return limit => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const file = (id, title, lane, agent, depends) => `---
work_package_id: ${id}
title: ${JSON.stringify(title)}
lane: ${lane}
dependencies: [${depends}]
subtasks:
  - T001
agent: ${agent}
---

# ${id}: ${title}

## Activity Log

- 2026-01-01T08:00:00Z – ann – lane=planned – Planned
`;

/** `features` features of 20 work packages each, and `events` events in the home's queue; the first feature's slug. */
export function fill(site, features, events) {
  const draw = drawing(1);
  const packages = [];
  for (let number = 1; number <= features; number++) {
    const slug = `${String(number).padStart(3, '0')}-part-${number}`;
    const folder = path.join(site.repo, 'kitty-specs', slug);
    fs.mkdirSync(path.join(folder, 'tasks'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'meta.json'), JSON.stringify({ feature_number: slug.slice(0, 3), slug, friendly_name: `Part ${number}`, target_branch: 'main' }));
    for (let wp = 1; wp <= 20; wp++)
      packages.push({ slug, folder, id: `WP${two(wp)}`, lane: 0, depends: wp > 3 ? [`WP${two(wp - 3)}`] : [] });
  }
  const lines = [];
  for (let event = 0; event < events; event++) {
    const one = packages[event < packages.length ? event : draw(packages.length)];
    const payload = { wp_id: one.id, feature_slug: one.slug };
    if (event < packages.length) {
      lines.push({ event_type: 'WPCreated', feature_slug: one.slug, payload: { ...payload, title: `Build ${one.id} of ${one.slug}`, dependencies: one.depends } });
    } else if (draw(3) === 0) {
      lines.push({ event_type: 'HistoryAdded', feature_slug: one.slug, payload: { wp_id: one.id, entry_type: 'note', entry_content: `Note ${event}`, author: 'ann' } });
    } else {
      const next = (one.lane + 1) % 4;
      lines.push({ event_type: 'WPStatusChanged', feature_slug: one.slug, payload: { ...payload, previous_status: lanes[one.lane], new_status: lanes[next], changed_by: `agent-${draw(12)}` } });
      one.lane = next;
    }
  }
  for (const one of packages)
    fs.writeFileSync(path.join(one.folder, 'tasks', `${one.id}-build.md`), file(one.id, `Build ${one.id} of ${one.slug}`, lanes[one.lane], `agent-${draw(12)}`, one.depends));
  site.git('add', '-A');
  site.git('commit', '-q', '-m', 'Plan all');
  site.kitty('config', 'set', 'sync.max_queue_size', String(events + 10_000));
  site.kittyReads(lines.map(line => JSON.stringify(line)).join('\n'), 'emit', '--stdin', '--quiet');
  return packages[0].slug;
}

/** A repository and home of its own, filled so. */
export function largeSite(features, events) {
  const site = new Site();
  return { site, slug: fill(site, features, events) };
}
