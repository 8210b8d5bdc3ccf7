// The board of a team in Chromium: a person signs in and sees what other homes send, and nothing of
// another team.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { axeSource } from '../../board/browser/site.mjs';
import { close, launch } from '../../board/browser/page.mjs';
import { signIn, TeamServer } from './team.mjs';

let team, anns, bens;
before(async () => {
  team = new TeamServer();
  team.team('coffee');
  team.user('rea', 'reader', 'tea');
  team.user('ben', 'member', 'coffee');
  team.user('both', 'member', 'tea', 'coffee');
  await team.run();
  anns = team.home('ann', 'tea');
  anns.feature('001-tea', ['Boil the water', 'Pour it'], place => (place > 0 ? [0] : []));
  anns.kitty('sync', 'now');
  bens = team.home('ben', 'coffee');
  bens.feature('002-beans', ['Grind secret beans']);
  bens.kitty('sync', 'now');
});
after(async () => {
  await close();
  await team?.end();
});

/** A browser of its own; what it complains of is expected to match. */
async function withBrowser(use, expected = /^$/) {
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', colorScheme: 'light', locale: 'en-GB', timezoneId: 'UTC' });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', message => { if (!expected.test(message.text())) complaints.push(message.text()); });
  page.on('pageerror', error => complaints.push(error.message));
  page.on('request', request => { if (!request.url().startsWith(team.url) && !request.url().startsWith('data:')) complaints.push(`asked ${request.url()}`); });
  try {
    await use(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

/** With PICTURES=FOLDER a picture is kept. */
const picture = async (page, name) => {
  if (process.env.PICTURES) await page.screenshot({ path: path.join(process.env.PICTURES, `${name}.png`) });
};

async function axeFindsNothing(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(found => `${found.id}: ${found.nodes[0].html}`), []);
}

const laneOf = (page, wp) => page.waitForFunction(id => document.querySelector(`.lanes [data-card$="/${id}"]`)?.closest('section').getAttribute('aria-labelledby'), wp);
const inLane = (page, wp, lane) => page.waitForFunction(([id, name]) => document.querySelector(`.lane-${name} [data-card$="/${id}"]`), [wp, lane], { timeout: 30_000, polling: 20 });

test('who has not signed in is led to the login, and from there to the board', async () => {
  await withBrowser(async page => {
    await page.goto(`${team.url}/`);
    assert.equal(await page.textContent('h1'), 'Sign in');
    await signIn(page, 'rea');
    await page.locator('.card', { hasText: 'Boil the water' }).waitFor();
    assert.equal(await page.textContent('h1'), 'tea');
    assert.equal(await page.getByText('secret beans').count(), 0);
  });
});

test('a card moves when somebody works in another home', async () => {
  await withBrowser(async page => {
    await page.goto(`${team.url}/`);
    await signIn(page, 'rea');
    await inLane(page, 'WP01', 'planned');
    anns.kitty('implement', 'WP01', '--agent', 'codex', '--feature', '001-tea');
    anns.kitty('sync', 'now');
    await inLane(page, 'WP01', 'doing');
    await page.locator('#tab-events').click();
    const row = page.locator('.event-rows .row', { hasText: 'Planned → Doing' }).first();
    await row.waitFor();
    await page.locator('.event-rows', { hasText: 'ann' }).first().waitFor(); // who sent it
    await page.locator('#tab-sync').click();
    await page.getByRole('heading', { name: 'Homes of the team' }).waitFor();
    await picture(page, 'team-homes');
    assert.equal(await page.locator('tbody tr').count(), 1);
    assert.match(await page.locator('tbody tr').textContent(), /ann/);
    assert.equal(await page.getByRole('button', { name: /^Send again/ }).count(), 0);
    await page.locator('#tab-graph').click();
    await page.locator('.node').nth(1).waitFor();
    await page.locator('#tab-board').click();
    await page.getByRole('slider', { name: 'Point in the past' }).press('ArrowLeft');
    await page.getByRole('button', { name: 'Back to live' }).waitFor();
    await inLane(page, 'WP01', 'planned');
    await page.getByRole('button', { name: 'Back to live' }).click();
    await inLane(page, 'WP01', 'doing');
    await picture(page, 'team-board');
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await axeFindsNothing(page);
    }
  });
});

test('a person in two teams chooses, and the choice stands in the address', async () => {
  await withBrowser(async page => {
    await page.goto(`${team.url}/?team=coffee`);
    await signIn(page, 'both');
    await page.locator('.card', { hasText: 'Grind secret beans' }).waitFor();
    assert.equal(await page.getByText('Boil the water').count(), 0);
    await page.getByLabel('Team').selectOption('tea');
    await page.locator('.card', { hasText: 'Boil the water' }).waitFor();
    assert.match(page.url(), /\?team=tea/);
    await axeFindsNothing(page);
    await page.setViewportSize({ width: 320, height: 640 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 320, 'it scrolls sideways');
    await page.setViewportSize({ width: 1280, height: 800 });
    assert.equal(await page.getByText('secret beans').count(), 0);
    await page.goto(`${team.url}/?team=nowhere`);
    await page.getByText('You are in no team of this name.').waitFor();
    await page.getByRole('link', { name: 'coffee' }).click();
    await page.locator('.card', { hasText: 'Grind secret beans' }).waitFor();
  });
});

test('a team that is not the person\'s is refused in every call', async () => {
  await withBrowser(async page => {
    await page.goto(`${team.url}/`);
    await signIn(page, 'rea');
    await laneOf(page, 'WP02');
    for (const slug of ['coffee', 'nowhere'])
      for (const way of ['state', 'events', 'transitions', 'counts'])
        assert.equal(await page.evaluate(async path => (await fetch(path)).status, `/board/${way}?team=${slug}`), 403, `${way} of ${slug}`);
    assert.equal(await page.evaluate(() => new Promise(resolve => {
      const stream = new WebSocket(`${location.origin.replace('http', 'ws')}/board/stream?team=coffee`);
      stream.onopen = () => resolve('open');
      stream.onerror = () => resolve('refused');
    })), 'refused');
  }, /403/);
});

test('the end of a session ends what it sees', async () => {
  await withBrowser(async page => {
    await page.goto(`${team.url}/`);
    await signIn(page, 'rea');
    await laneOf(page, 'WP02');
    team.admin('member', 'remove', '--team', 'tea', '--user', 'rea', '--yes');
    await page.getByText('You are signed out.').waitFor({ timeout: 30_000 });
    assert.equal(await page.locator('.card').count(), 0);
    team.admin('member', 'add', '--team', 'tea', '--user', 'rea', '--role', 'reader');
  }, /WebSocket|40[13]/);
});

test('it reconnects by itself when the server comes back', async () => {
  await withBrowser(async page => {
    await page.goto(`${team.url}/`);
    await signIn(page, 'rea');
    await page.getByText('● Connected').waitFor();
    await team.stop();
    await page.getByText('What you see is from').waitFor();
    assert.ok(await page.locator('.card').count() > 0, 'what was there stays');
    await team.run();
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await page.getByText('● Connected').waitFor({ timeout: 40_000 });
    anns.kitty('agent', 'tasks', 'move-task', 'WP01', '--to', 'for_review', '--force', '--feature', '001-tea');
    anns.kitty('sync', 'now');
    await inLane(page, 'WP01', 'for_review');
  }, /WebSocket|ERR_CONNECTION_REFUSED|Failed to load/);
});
