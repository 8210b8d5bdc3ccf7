// Play, lanes that another program names, and how the board is opened.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Site } from './site.mjs';
import { busyBoard, card, laneOf, launch, show, withPage } from './page.mjs';

const busy = busyBoard();

test('play goes from the beginning to now, and stands where it is paused', async () => {
  await withPage(busy.board, async page => {
    await show(page, 'board');
    const slider = page.getByRole('slider', { name: 'Point in the past' });
    await slider.waitFor();
    const at = async () => Number(await slider.inputValue());
    await page.getByRole('button', { name: 'Play' }).click();
    await page.waitForFunction(() => { const one = document.querySelector('input[type=range]'); return Number(one.value) > 0 && Number(one.value) < Number(one.max); });
    await page.getByRole('button', { name: 'Pause' }).click();
    const paused = await at();
    await page.waitForTimeout(1500);
    assert.equal(await at(), paused);
    assert.match(await page.title(), /^\(past\)/);
    await page.locator('body').press('Space');
    await page.getByLabel('Events a second').selectOption('100');
    await page.locator('.timebar .pill', { hasText: '● Live' }).waitFor({ timeout: 30_000 });
    assert.equal(await at(), Number(await slider.getAttribute('max')));
    assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0);
  });
});

test('nine lanes of another program are named, and counted in four', async () => {
  const site = new Site();
  try {
    const lanes = ['planned', 'claimed', 'in_progress', 'for_review', 'in_review', 'approved', 'done', 'blocked', 'canceled'];
    const slug = site.feature('001-mission', lanes.map(lane => `Step ${lane}`));
    const line = (lane, place) => JSON.stringify({ event_id: '01KAAAAAAAAAAAAAAAAAAAAAAA', wp_id: `WP0${place + 1}`, from_lane: 'planned', to_lane: lane, at: '2026-08-02T00:00:00+00:00', actor: 'codex' });
    fs.writeFileSync(path.join(site.repo, 'kitty-specs', slug, 'status.events.jsonl'), `${lanes.map(line).join('\n')}\n`);
    const own = await site.board();
    await withPage(own, async page => {
      await show(page, `board?feature=${slug}`);
      await page.waitForFunction(() => document.querySelectorAll('.card').length === 9);
      const four = { planned: 'planned', claimed: 'doing', in_progress: 'doing', for_review: 'for_review', in_review: 'for_review', approved: 'done', done: 'done', blocked: 'doing', canceled: 'done' };
      for (const [place, lane] of lanes.entries()) {
        const shown = card(page, slug, `WP0${place + 1}`);
        assert.equal(await laneOf(page, slug, `WP0${place + 1}`), four[lane], lane);
        assert.equal(await shown.locator('.tag').allTextContents().then(all => all.join()), lane === four[lane] ? '' : lane.replaceAll('_', ' '));
      }
      await card(page, slug, 'WP03').click();
      await page.getByText('Another program keeps the lanes').waitFor();
      assert.equal(await page.getByText('To move it, in a terminal').count(), 0, 'nothing moves it here');
    });
  } finally {
    await site.end();
  }
});

test('--open leads a browser to the board, and its token is on no command line', async () => {
  const site = new Site();
  try {
    const slug = site.feature('001-tea', ['Boil']);
    const bin = path.join(site.root, 'bin');
    const told = path.join(site.root, 'told');
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s' "$*" >'${told}.part' && mv '${told}.part' '${told}'\n`, { mode: 0o755 });
    site.variables.PATH = `${bin}:${process.env.PATH}`;
    const own = await site.board('--open');
    for (let tries = 0; !fs.existsSync(told) && tries < 300; tries++) await new Promise(resolve => setTimeout(resolve, 100));
    const words = fs.readFileSync(told, 'utf8');
    assert.ok(!words.includes(own.token), words);
    assert.equal(fs.statSync(words).mode & 0o077, 0, 'others cannot read the page that leads there');
    const page = await (await launch()).newPage();
    await page.goto(`file://${words}`);
    await page.waitForURL(address => address.href.startsWith(own.url));
    await card(page, slug, 'WP01').waitFor();
    await page.close();
  } finally {
    await site.end();
  }
});
