// A real repository, home and board for the tests in a browser.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');
const require = createRequire(path.join(source, 'app/board/page/package.json'));
export const { chromium } = require('playwright-core');
export const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const programs = path.resolve(process.env.BOARD_PROGRAMS ?? path.join(source, 'build/release/bin'));

/** A program that prints a first line of JSON; ended by `end`. */
async function start(words, options) {
  const child = spawn(path.join(programs, 'spec-kitty'), words, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const first = await new Promise((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', status => reject(new Error(`spec-kitty ${words[0]} ended with ${status}`)));
  });
  lines.on('line', () => {});
  const end = () => new Promise(resolve => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
  return { hello: JSON.parse(first), end };
}

export class Site {
  constructor() {
    this.root = fs.mkdtempSync(path.join(os.tmpdir(), 'board-'));
    this.repo = path.join(this.root, 'tea-shop');
    fs.mkdirSync(this.repo);
    this.running = [];
    this.variables = {
      ...process.env, HOME: this.root, SPEC_KITTY_HOME: path.join(this.root, 'home'), GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.org', GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.org',
    };
    this.git('init', '-q', '-b', 'main');
    this.git('commit', '-q', '--allow-empty', '-m', 'begin');
  }
  run(program, words, input) { return execFileSync(program, words, { cwd: this.repo, env: this.variables, encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] }); }
  git(...words) { return this.run('git', words); }
  kitty(...words) { return this.run(path.join(programs, 'spec-kitty'), words); }
  /** A command that reads much; what it prints is left. */
  kittyReads(input, ...words) { execFileSync(path.join(programs, 'spec-kitty'), words, { cwd: this.repo, env: this.variables, input, stdio: ['pipe', 'ignore', 'inherit'] }); }
  move(wp, lane, feature, ...more) { return this.kitty('agent', 'tasks', 'move-task', wp, '--to', lane, '--force', '--feature', feature, ...more); }

  /** A feature with these titles; `depends` gives for each place the places it depends on. */
  feature(slug, titles, depends = () => []) {
    this.kitty('feature', 'create', slug, ...titles.flatMap(title => ['--wp', title]));
    const folder = fs.readdirSync(path.join(this.repo, 'kitty-specs')).find(name => name === slug || name.endsWith(`-${slug}`));
    const tasks = path.join(this.repo, 'kitty-specs', folder, 'tasks');
    for (const name of fs.readdirSync(tasks).filter(file => /^WP\d\d/.test(file))) {
      const place = Number(name.slice(2, 4)) - 1;
      const ids = depends(place).map(other => `WP${String(other + 1).padStart(2, '0')}`);
      const file = path.join(tasks, name);
      const text = fs.readFileSync(file, 'utf8').replace(/^dependencies:.*\n(- .*\n)*/m, '');
      fs.writeFileSync(file, text.replace(/^---\n/, `---\ndependencies: [${ids.join(', ')}]\n`));
    }
    this.git('add', '-A');
    this.git('commit', '-q', '-m', `Plan ${slug}`);
    this.kitty('agent', 'feature', 'finalize-tasks', '--feature', folder);
    return folder;
  }

  async board(...words) {
    const running = await start(['board', '--json', ...words], { cwd: this.repo, env: this.variables });
    this.running.push(running);
    return { ...running.hello, address: `${running.hello.url}/#token=${running.hello.token}`, end: running.end };
  }

  /** A server that refuses notes, and a login at it. */
  async refusingServer() {
    const running = await start(['dev-server', '--json', '--reject-type', 'HistoryAdded'], { cwd: this.repo, env: this.variables });
    this.running.push(running);
    const { url, username, password } = running.hello;
    this.kitty('sync', 'server', url);
    this.kitty('config', 'set', 'sync.max_retries', '1');
    this.run(path.join(programs, 'spec-kitty'), ['auth', 'login', '--username', username, '--password-stdin'], password);
  }

  async end() {
    for (const one of this.running) await one.end();
    fs.rmSync(this.root, { recursive: true, force: true });
  }
}

export const hostile = '<script>window.broken=1</script><img src=x onerror="window.broken=1">';
export const arabic = 'غلي الماء وتحضير الشاي';
export const chinese = '煮开水并泡茶';

/** What the pictures show: features in every state. */
export function busySite() {
  const site = new Site();
  const shop = site.feature('001-tea-shop', ['Boil the water', 'Warm the pot', 'Steep the leaves', hostile, arabic, chinese,
    'A title that is much longer than a card is wide, so that it has to be cut somewhere after its second line ends', 'w'.repeat(200)],
  place => ({ 2: [0, 1], 3: [2], 4: [2], 6: [3, 4] })[place] ?? []);
  const done = site.feature('002-cups', ['Choose cups', 'Wash cups'], place => (place > 0 ? [0] : []));
  site.kitty('implement', 'WP01', '--agent', 'codex', '--feature', shop);
  site.move('WP01', 'for_review', shop, '--note', 'Ready: water boils in three minutes');
  site.kitty('implement', 'WP02', '--agent', 'claude', '--feature', shop);
  site.kitty('agent', 'tasks', 'add-history', 'WP02', '--note', 'The pot is still cold', '--agent', 'claude', '--feature', shop);
  site.kitty('emit', 'ErrorLogged', '--wp', 'WP02', '--feature', shop, '--field', 'error_type=runtime', '--field', 'error_message=The stove does not light');
  site.kitty('implement', 'WP06', '--agent', 'codex', '--feature', shop);
  for (const wp of ['WP01', 'WP02']) {
    site.move(wp, 'doing', done, '--agent', 'codex');
    site.move(wp, 'for_review', done);
    site.move(wp, 'done', done, '--note', 'Looks good');
  }
  return { site, shop, done };
}
