// The board in Chromium, over real commands in a real repository.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arabic, chinese, hostile, Site } from './site.mjs';
import { busyBoard, card, show, withPage } from './page.mjs';

const busy = busyBoard();

/** A test on a repository of its own: a feature with two work packages, and its board. */
const withTea = (use, expected) => async () => {
  const site = new Site();
  try {
    const slug = site.feature('001-tea', ['Boil', 'Pour']);
    await withPage(await site.board(), page => use(page, site, slug), {}, expected);
  } finally {
    await site.end();
  }
};

const counts = page => page.locator('.lane h2 .count').allTextContents();

test('a card moves when somebody works in a terminal', withTea(async (page, site, slug) => {
  await page.waitForFunction(() => document.querySelectorAll('.lane-planned .card').length === 2);
  const moves = Number(process.env.BOARD_MOVES ?? 4);
  const took = [];
  for (let move = 0; move < moves; move++) {
    const lane = ['doing', 'for_review', 'done', 'planned'][move % 4];
    const seen = page.waitForFunction(name => document.querySelector(`.lane-${name} [data-card$="/WP01"]`) && Date.now(), lane, { polling: 20 });
    site.move('WP01', lane, slug, ...(lane === 'planned' ? ['--note', 'again'] : []));
    const done = Date.now();
    took.push(await (await seen).jsonValue() - done);
  }
  took.sort((a, b) => a - b);
  console.log(`# ${moves} moves: shown after the command ended p50 ${took[took.length >> 1]} ms, p99 ${took[Math.ceil(took.length * 0.99) - 1]} ms`);
  await page.waitForFunction(() => document.querySelector('[role=status][aria-live]').textContent.includes('WP01 moved to'), null, { timeout: 30_000 });
}));

test('live events come into the past without asking for the columns again', withTea(async (page, site, slug) => {
  await page.waitForFunction(() => document.querySelectorAll('.lane-planned .card').length === 2);
  await page.waitForLoadState('networkidle');
  let asked = 0;
  page.on('request', request => { if (request.url().includes('/board/transitions')) asked++; });
  for (const lane of ['doing', 'for_review', 'done']) {
    site.move('WP01', lane, slug);
    await page.waitForFunction(name => document.querySelector(`.lane-${name} [data-card$="/WP01"]`), lane);
  }
  // A move is on disk at once, and its event follows.
  const slider = page.getByRole('slider', { name: 'Point in the past' });
  await page.waitForFunction(() => document.querySelector('input[type=range]').max === '6');
  await page.waitForTimeout(1500);
  assert.equal(asked, 0);
  await page.route('**/board/state?at=*', route => route.abort()); // so that the page has its columns alone
  for (const [key, lane] of [['ArrowLeft', 'for_review'], ['ArrowLeft', 'doing'], ['ArrowLeft', 'planned']]) {
    await slider.press(key);
    await page.waitForFunction(name => document.querySelector(`.lane-${name} [data-card$="/WP01"]`), lane);
  }
}, /ERR_FAILED/));

test('a tab that nobody looks at draws nothing, and everything when it is looked at', withTea(async (page, site, slug) => {
  await card(page, slug, 'WP01').waitFor();
  // As a browser does with a tab in the background: it is hidden, and its frames wait.
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    window.waiting = [];
    window.requestAnimationFrame = call => window.waiting.push(call);
    window.changes = 0;
    new MutationObserver(list => { window.changes += list.length; }).observe(document.getElementById('app'), { subtree: true, childList: true, characterData: true, attributes: true });
  });
  site.move('WP01', 'doing', slug);
  await page.waitForFunction(() => window.waiting.length > 0, null, { polling: 50 });
  site.move('WP01', 'for_review', slug);
  await page.waitForTimeout(1500);
  assert.deepEqual(await page.evaluate(() => [window.waiting.length, window.changes]), [1, 0]);
  await page.evaluate(() => { for (const call of window.waiting) call(performance.now()); });
  await page.waitForFunction(() => document.querySelector('.lane-for_review [data-card$="/WP01"]'), null, { polling: 50 });
}));

test('names of strangers are only ever text', async () => {
  await withPage(busy.board, async page => {
    await show(page, `board?feature=${busy.shop}`);
    for (const title of [hostile, arabic, chinese])
      await page.locator('.card-title', { hasText: title }).first().waitFor();
    await card(page, busy.shop, 'WP04').click();
    await page.locator('#detail-title', { hasText: hostile }).waitFor();
    for (const view of ['graph', 'events', 'agents', 'numbers', 'sync']) {
      await page.locator(`#tab-${view}`).click();
      await page.waitForTimeout(200);
    }
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.equal(await page.locator('img, script:not(body > script)').count(), 0);
  });
});

test('the lanes hold what the files say, for one feature and for all', async () => {
  await withPage(busy.board, async page => {
    await show(page, 'board');
    await page.locator('.lane').first().waitFor();
    assert.deepEqual(await counts(page), ['5', '2', '1', '2']);
    await page.locator('.features li button', { hasText: /shop/i }).click();
    await page.waitForFunction(() => document.querySelector('.lane-done .count').textContent === '0');
    assert.deepEqual(await counts(page), ['5', '2', '1', '0']);
  });
});

test('the past is reached by the slider, kept in the address, and left again', async () => {
  await withPage(busy.board, async page => {
    await show(page, 'board');
    const slider = page.getByRole('slider', { name: 'Point in the past' });
    await slider.waitFor();
    await slider.focus();
    await page.keyboard.press('Home');
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 0);
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(() => /at=[0-9A-Z]{26}/.test(location.hash));
    assert.deepEqual(await counts(page), ['5', '2', '2', '1']);
    const address = new URL(page.url());
    const moment = address.hash;
    await page.getByRole('button', { name: 'Back to live' }).click();
    await page.waitForFunction(() => document.querySelector('.lane-done .count').textContent === '2');
    assert.ok(!page.url().includes('at='));
    await page.evaluate(hash => { location.hash = hash; }, moment);
    await page.waitForFunction(() => document.querySelector('.lane-done .count').textContent === '1');
    assert.match(await page.title(), /^\(past\)/);
  });
});

test('everything is reached by keyboard', async () => {
  await withPage(busy.board, async page => {
    await show(page, `board?feature=${busy.shop}`);
    await card(page, busy.shop, 'WP01').waitFor();
    const focused = () => page.evaluate(() => {
      const at = document.activeElement;
      return at.dataset.card ?? at.getAttribute('aria-label') ?? at.id ?? at.textContent;
    });
    const stops = [];
    for (let stop = 0; stop < 12; stop++) {
      await page.keyboard.press('Tab');
      stops.push(await focused());
    }
    assert.equal(stops.filter(name => name.includes('/WP')).length, 1, `one stop for all cards: ${stops.join(' | ')}`);
    await page.locator('.lanes .card[tabindex="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.activeElement.closest('.lane-doing'));
    const chosen = await focused();
    await page.keyboard.press('Enter');
    await page.locator('.detail').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({ state: 'detached' });
    assert.equal(await focused(), chosen, 'the focus is where it was');
    await page.keyboard.press('?');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    assert.equal(await focused(), 'Search work packages');
    await page.keyboard.type('pot');
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 1);
    await page.locator('#tab-board').focus();
    await page.keyboard.press('5');
    await page.getByRole('heading', { name: 'Throughput' }).waitFor();
  });
});

test('keys that come faster than the page draws all count', async () => {
  await withPage(busy.board, async page => {
    await show(page, `board?feature=${busy.shop}`);
    await card(page, busy.shop, 'WP01').waitFor();
    for (let pause = 0; pause < 4; pause++) {
      await page.locator('.lane-planned .card').first().focus();
      await page.evaluate(async turns => {
        const press = key => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
        press('ArrowDown');
        for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setTimeout(resolve));
        press('ArrowRight');
      }, pause);
      await page.waitForFunction(() => document.activeElement.closest('.lane-doing'), null, { timeout: 10_000 });
    }
  });
});

test('an event shows what caused it and what it caused', async () => {
  await withPage(busy.board, async page => {
    await show(page, `events?feature=${busy.shop}`);
    await page.locator('.event-rows .row', { hasText: 'The pot is still cold' }).click();
    const chain = page.locator('.chain');
    await chain.locator('.row', { hasText: 'moved Planned → Doing' }).first().waitFor();
    await page.getByLabel('Words').fill('stove');
    await page.waitForFunction(() => document.querySelectorAll('.event-rows > li').length === 1);
    await page.getByLabel('Words').fill('nothing has these words');
    await page.getByText('No event matches.').waitFor();
  });
});

test('a dead letter is named with its reason, and sent again by a button', async () => {
  const site = new Site();
  try {
    const slug = site.feature('001-tea', ['Boil']);
    await site.refusingServer();
    site.kitty('agent', 'tasks', 'add-history', 'WP01', '--note', 'hot', '--feature', slug);
    for (let run = 0; run < 2; run++)
      try { site.kitty('sync', 'now'); } catch { /* it says that an event was refused */ }
    const own = await site.board();
    await withPage(own, async page => {
      await show(page, 'sync');
      await page.getByText('spec-kitty events retry --all').first().waitFor();
      await page.getByRole('button', { name: /^Send again/ }).click();
      await page.locator('dt', { hasText: 'Dead letters' }).locator('xpath=../dd', { hasText: '0' }).waitFor();
    });
    assert.match(site.kitty('events', 'list', '--state', 'queued'), /HistoryAdded/);
  } finally {
    await site.end();
  }
});

test('says so when the server is gone, and when the token is another', async () => {
  const site = new Site();
  try {
    site.feature('001-tea', ['Boil']);
    const first = await site.board();
    const refused = /WebSocket|ERR_CONNECTION_REFUSED|401/;
    await withPage(first, async page => {
      await page.getByText('● Connected').waitFor();
      await first.end();
      await page.getByText('What you see is from').waitFor();
      assert.equal(await page.locator('.card').count(), 1, 'what was there stays');
      await site.board('--port', new URL(first.url).port);
      await page.evaluate(() => dispatchEvent(new Event('online')));
      await page.getByText('This page may not read the board').waitFor();
    }, {}, refused);
  } finally {
    await site.end();
  }
});

test('nothing scrolls sideways at 320 pixels', async () => {
  await withPage(busy.board, async page => {
    for (const view of ['board', 'graph', 'events', 'agents', 'numbers', 'sync']) {
      await show(page, `${view}?feature=${busy.shop}`);
      await page.waitForTimeout(300);
      const [wide, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= shown, `${view}: ${wide} > ${shown}`);
    }
  }, { viewport: { width: 320, height: 640 } });
});

test('the token leaves the address at once', async () => {
  await withPage(busy.board, async page => {
    await page.waitForSelector('header');
    assert.ok(!page.url().includes(busy.board.token));
    assert.ok(!(await page.content()).includes(busy.board.token));
  });
});
