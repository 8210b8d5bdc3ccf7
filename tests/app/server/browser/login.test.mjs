// The team server's pages in Chromium, by the keyboard alone: sign in, approve a device, end the
// session. No script runs, no request leaves the server, and axe finds nothing.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { close, launch } from '../../board/browser/page.mjs';
import { axeSource, source } from '../../board/browser/site.mjs';

const programs = path.resolve(process.env.BOARD_PROGRAMS ?? path.join(source, 'build/release/bin'));
const password = 'a password for tests';
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'pages-'));
const state = ['--state', path.join(root, 'state')];
const server = path.join(programs, 'spec-kitty-server');
let process_, url;

before(async () => {
  execFileSync(server, [...state, 'init', '--team', 'tea', '--admin', 'ann', '--password-stdin'], { input: `${password}\n` });
  process_ = spawn(server, [...state, 'run', '--json', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const line = await new Promise(resolve => createInterface({ input: process_.stdout }).once('line', resolve));
  url = JSON.parse(line).url;
});

after(async () => {
  await close();
  await new Promise(resolve => { process_.once('exit', resolve); process_.kill('SIGTERM'); });
  fs.rmSync(root, { recursive: true });
});

const call = async (way, body) => {
  const reply = await fetch(url + way, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  return { status: reply.status, ...(await reply.json()) };
};

/** Presses Tab until the element with this name has the focus; fails where it cannot be reached. */
async function tabTo(page, name) {
  for (let presses = 0; presses < 40; ++presses) {
    const focused = await page.evaluate(() => {
      const at = document.activeElement;
      return at?.labels?.[0]?.textContent ?? at?.textContent ?? '';
    });
    if (focused.startsWith(name)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${name} cannot be reached by the keyboard`);
}

async function axeFindsNothing(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(found => `${found.id}: ${found.nodes[0].html}`), []);
}

for (const colorScheme of ['light', 'dark'])
  test(`a device is approved by the keyboard alone (${colorScheme})`, async () => {
    const code = await call('/api/v1/device/code', { client: 'spec-kitty/test', host: 'laptop' });
    assert.equal(code.status, 200);
    const context = await (await launch()).newContext({ colorScheme, bypassCSP: false });
    const page = await context.newPage();
    const complaints = [];
    page.on('console', message => complaints.push(message.text()));
    page.on('request', request => { if (!request.url().startsWith(url)) complaints.push(`asked ${request.url()}`); });

    await page.goto(code.verification_uri_complete);
    assert.equal(await page.textContent('h1'), 'Sign in');
    assert.deepEqual(complaints, []);
    await tabTo(page, 'User name');
    await page.keyboard.type('ann');
    await tabTo(page, 'Password');
    await page.keyboard.type('not this one');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert]');
    await tabTo(page, 'Password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.waitForSelector('dl');

    assert.equal(await page.textContent('h1'), 'Log in a device', 'the sign-in leads back to the code');
    const text = await page.textContent('main');
    for (const words of ['laptop', 'spec-kitty/test', '127.0.0.1', 'tea', 'admin', code.user_code]) assert.ok(text.includes(words), words);
    await tabTo(page, 'Approve');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('h1').textContent === 'Approved');
    assert.equal((await call('/api/v1/device/token', { device_code: code.device_code })).team_slug, 'tea');

    await tabTo(page, 'Your account');
    await page.keyboard.press('Enter');
    await page.waitForSelector('table');
    await tabTo(page, 'Sign out');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('h1').textContent === 'Sign in');
    await page.goto(`${url}/account`);
    assert.equal(await page.textContent('h1'), 'Sign in', 'the session has ended');
    // A refused password is a reply of 401, which the browser notes; nothing else is said.
    assert.deepEqual(complaints.filter(text => !text.includes('401')), []);
    await context.close();
  });

test('axe finds nothing on the pages', async () => {
  const code = await call('/api/v1/device/code', { client: 'spec-kitty/test', host: 'laptop' });
  // axe is a script, which the pages' policy refuses: it is put in past the policy.
  const context = await (await launch()).newContext({ bypassCSP: true });
  const page = await context.newPage();
  await page.goto(`${url}/login`);
  await axeFindsNothing(page);
  await page.getByLabel('User name').fill('ann');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForSelector('table');
  await axeFindsNothing(page);
  for (const way of ['/device', `/device?user_code=${code.user_code}`, '/device?user_code=BCDF-GHJK']) {
    await page.goto(url + way);
    await axeFindsNothing(page);
  }
  await context.close();
});
