// A page of the board in Chromium that must stay clean: no console message, no error, no request to
// another place, nothing that the policy refuses.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { busySite, chromium } from './site.mjs';

let browser = null;
export async function launch() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
    args: ['--hide-scrollbars', '--font-render-hinting=none'],
  });
  return browser;
}
export async function close() { await browser?.close(); browser = null; }

/** A busy repository and its board for the tests of a file; what it holds is there when they run. */
export function busyBoard() {
  const busy = {};
  before(async () => {
    Object.assign(busy, busySite());
    busy.board = await busy.site.board();
  });
  after(async () => {
    await close();
    await busy.site?.end();
  });
  return busy;
}

/** Opens an address and calls `use` with the page; `expected`: console messages that must come. */
export async function withPage(board, use, options = {}, expected = /^$/) {
  const context = await (await launch()).newContext({
    viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC', colorScheme: 'light', ...options,
  });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', message => { if (!expected.test(message.text())) complaints.push(`${message.type()}: ${message.text()}`); });
  page.on('pageerror', error => complaints.push(error.message));
  page.on('request', request => { if (!request.url().startsWith(board.url) && !request.url().startsWith('data:')) complaints.push(`asked ${request.url()}`); });
  await page.addInitScript(() => addEventListener('securitypolicyviolation', event => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
  try {
    await page.goto(options.address ?? board.address);
    await use(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

/** Goes to a view: the part of the address behind `#/`. */
export async function show(page, route) {
  await page.waitForSelector('header');
  await page.evaluate(hash => { location.hash = hash; }, `#/${route}`);
}

export const card = (page, feature, wp) => page.locator(`.lanes [data-card="${feature}/${wp}"]`);
export const laneOf = async (page, feature, wp) =>
  (await card(page, feature, wp).locator('xpath=ancestor::section').getAttribute('aria-labelledby')).replace('lane-', '');
