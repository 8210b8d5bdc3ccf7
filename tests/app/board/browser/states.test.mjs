// Fifteen states of the page, light and dark: axe finds nothing to complain of. With PICTURES=FOLDER
// each is kept as a picture.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { axeSource, busySite, Site } from './site.mjs';
import { close, show, withPage } from './page.mjs';

// What axe cannot judge by itself: text over the gradients and canvases that carry no text, and
// elements that scroll out of view. The palette's contrasts are computed in palette.test.mjs.
const undecided = new Set(['color-contrast']);
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let busy, board, large, largeBoard, empty, emptyBoard, refused, refusedBoard;
before(async () => {
  busy = busySite();
  board = await busy.site.board();
  large = new Site();
  large.feature('003-palace', Array.from({ length: 60 }, (_, place) => `Build hall ${place + 1}`), place => (place < 6 ? [] : [place - 6, ...(place % 3 === 0 && place % 6 < 5 ? [place - 5] : [])]));
  largeBoard = await large.board();
  empty = new Site();
  emptyBoard = await empty.board();
  refused = new Site();
  const slug = refused.feature('001-tea', ['Boil']);
  await refused.refusingServer();
  refused.kitty('agent', 'tasks', 'add-history', 'WP01', '--note', 'hot', '--feature', slug);
  for (let run = 0; run < 2; run++)
    try { refused.kitty('sync', 'now'); } catch { /* an event was refused */ }
  refusedBoard = await refused.board();
});
after(async () => {
  await close();
  for (const site of [busy?.site, large, empty, refused]) await site?.end();
});

const states = {
  'board': [() => board, async page => { await show(page, `board?feature=${busy.shop}`); await page.locator('.card').first().waitFor(); }],
  'board-of-all': [() => board, async page => { await show(page, 'board'); await page.locator('.card').first().waitFor(); }],
  'past': [() => board, async page => {
    await show(page, 'board');
    await page.getByRole('slider', { name: 'Point in the past' }).press('ArrowLeft');
    await page.getByRole('button', { name: 'Back to live' }).waitFor();
  }],
  'detail': [() => board, async page => { await show(page, `board?feature=${busy.shop}&wp=${busy.shop}/WP02`); await page.locator('.history li').first().waitFor(); }],
  'graph-of-60': [() => largeBoard, async page => { await show(page, 'graph'); await page.locator('.node').nth(59).waitFor(); }],
  'numbers': [() => board, async page => { await show(page, 'numbers'); await page.locator('.uplot canvas').nth(3).waitFor(); }],
  'events-with-causes': [() => board, async page => {
    await show(page, `events?feature=${busy.shop}`);
    await page.locator('.event-rows .row', { hasText: 'The pot is still cold' }).click();
    await page.locator('.chain .row').first().waitFor();
  }],
  'agents-and-waits': [() => board, async page => { await show(page, 'agents'); await page.getByText('Who waits for whom').waitFor(); }],
  'delivery-well': [() => emptyBoard, async page => { await show(page, 'sync'); await page.getByText('All is well').waitFor(); }],
  'delivery-with-dead-letters': [() => refusedBoard, async page => { await show(page, 'sync'); await page.getByRole('button', { name: /^Send again/ }).waitFor(); }],
  'help': [() => board, async page => { await show(page, 'board'); await page.keyboard.press('?'); await page.locator('dialog[open]').waitFor(); }],
  'search-without-a-hit': [() => board, async page => { await show(page, 'board?q=zebra'); await page.getByText('Nothing here has these words.').first().waitFor(); }],
  'empty-repository': [() => emptyBoard, async page => { await show(page, 'board'); await page.getByText('No feature yet').waitFor(); }],
  'not-allowed': [() => ({ ...board, address: `${board.url}/#token=0` }), async page => { await page.getByText('This page may not read the board').waitFor(); }, /401/],
};

const pictures = process.env.PICTURES;
if (pictures) fs.mkdirSync(pictures, { recursive: true });
// CI looks at the states that have most in them.
const isShort = process.env.BOARD_SHORT === '1';
const inShort = new Set(['board', 'past', 'detail', 'events-with-causes', 'delivery-with-dead-letters', 'help']);
const schemes = isShort ? ['light'] : ['light', 'dark'];

/** Nothing that axe knows is wrong with what is shown. */
async function look(page, name, colorScheme) {
  await page.waitForTimeout(150);
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}-${colorScheme}.png`) });
  await page.evaluate(axeSource);
  const found = await page.evaluate(values => globalThis.axe.run(document, { runOnly: values }), tags);
  const told = list => list.map(one => `${one.id}: ${one.nodes.map(node => `${node.target} ${node.failureSummary ?? ''}`).join('; ')}`);
  assert.deepEqual(told(found.violations), []);
  assert.deepEqual(told(found.incomplete.filter(one => !undecided.has(one.id))), []);
}

for (const [name, [of, reach, expected]] of Object.entries(states).filter(([name]) => !isShort || inShort.has(name)))
  for (const colorScheme of schemes)
    test(`${name}, ${colorScheme}`, async () => {
      await withPage(of(), async page => {
        await reach(page);
        await look(page, name, colorScheme);
      }, { colorScheme }, expected);
    });

for (const colorScheme of schemes)
  test(`server-gone, ${colorScheme}`, async () => {
    const own = await busy.site.board();
    await withPage(own, async page => {
      await show(page, `board?feature=${busy.shop}`);
      await page.locator('.card').first().waitFor();
      await own.end();
      await page.getByText('What you see is from').waitFor();
      await page.locator('.timebar .pill', { hasText: 'Not live' }).waitFor();
      await look(page, 'server-gone', colorScheme);
    }, { colorScheme }, /WebSocket|ERR_CONNECTION_REFUSED/);
  });
