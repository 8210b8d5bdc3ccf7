// A team's board as large as the bars: 100 features, 2,000 work packages and 100,000 events, which a home
// has sent to the server.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { fill } from '../../board/browser/large.mjs';
import { allEvents, firstCard, isShort, scrub, slack } from '../../board/browser/measure.mjs';
import { close, launch } from '../../board/browser/page.mjs';
import { signIn, TeamServer } from './team.mjs';

const [features, events] = isShort ? [10, 5_000] : [100, 100_000];

let team, slug, browser;
before(async () => {
  team = new TeamServer();
  team.user('rea', 'reader', 'tea');
  await team.run();
  const home = team.home('ann', 'tea');
  slug = fill(home, features, events);
  home.kitty('sync', 'now');
  assert.equal(JSON.parse(home.kitty('sync', 'status', '--json')).queue.queued, 0);
  browser = await launch();
});
after(async () => {
  await close();
  await team?.end();
});

/** Milliseconds of processor that the server has used, and its own memory in MB. */
function usage() {
  const stat = fs.readFileSync(`/proc/${team.process.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const own = /RssAnon:\s+(\d+)/.exec(fs.readFileSync(`/proc/${team.process.pid}/status`, 'utf8'))[1];
  return { processor: (Number(stat[11]) + Number(stat[12])) * 10, memory: Number(own) / 1024 };
}

test('a large board of a team is there at once, and scrubs within a frame', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  try {
    await page.goto(`${team.url}/login?next=%2Faccount`);
    await signIn(page, 'rea');
    await page.waitForURL(address => address.pathname === '/account');
    const open = async () => {
      const before = usage();
      const begin = Date.now();
      await page.goto(`${team.url}/`);
      await firstCard(page);
      const first = Date.now() - begin;
      await allEvents(page, events);
      const whole = Date.now() - begin;
      const { processor, memory } = usage();
      console.log(`# first card ${first} ms, all events ${whole} ms; the server: ${processor - before.processor} ms of processor, ${before.memory.toFixed(0)} MB of its own before, ${memory.toFixed(0)} MB after`);
      return first;
    };
    const made = await open();
    const kept = await open();
    for (const each of await scrub(page, ['board', `board?feature=${slug}`])) assert.ok(each < 16 * slack, `${each} ms a frame`);
    assert.ok(kept < 1000 * slack, `first content after ${kept} ms`);
    assert.ok(made < 2000 * slack, `first content of a board that had to be read after ${made} ms`);
  } finally {
    await context.close();
  }
});
