// A team server in earnest, and homes that send to it, for the tests in a browser.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Site, source } from '../../board/browser/site.mjs';

const programs = path.resolve(process.env.BOARD_PROGRAMS ?? path.join(source, 'build/release/bin'));
const server = path.join(programs, 'spec-kitty-server');
export const password = 'a password for tests';

export class TeamServer {
  constructor() {
    this.root = fs.mkdtempSync(path.join(os.tmpdir(), 'team-'));
    this.state = ['--state', path.join(this.root, 'state')];
    this.homes = [];
    this.admin('init', '--team', 'tea', '--admin', 'ann', '--password-stdin');
  }
  /** A command of administration; a password is asked for where it says so. */
  admin(...words) { return execFileSync(server, [...this.state, ...words], { input: `${password}\n`, encoding: 'utf8' }); }
  team(slug) { this.admin('team', 'add', slug); }
  user(name, role, ...teams) {
    this.admin('user', 'add', name, '--password-stdin');
    for (const team of teams) this.admin('member', 'add', '--team', team, '--user', name, '--role', role);
  }

  async run() {
    const listen = this.url ? new URL(this.url).host : '127.0.0.1:0';
    this.process = spawn(server, [...this.state, 'run', '--json', '--listen', listen], { stdio: ['ignore', 'pipe', 'ignore'] });
    const line = await new Promise((resolve, reject) => {
      createInterface({ input: this.process.stdout }).once('line', resolve);
      this.process.once('exit', status => reject(new Error(`spec-kitty-server ended with ${status}`)));
    });
    this.url = JSON.parse(line).url;
  }
  stop() {
    if (!this.process || this.process.exitCode !== null) return undefined;
    return new Promise(resolve => { this.process.once('exit', resolve); this.process.kill('SIGTERM'); });
  }

  /** A repository and home of somebody who is logged in for a team. */
  home(username, team) {
    const site = new Site();
    site.kitty('sync', 'server', this.url);
    site.kittyReads(`${password}\n`, 'auth', 'login', '--username', username, '--team', team, '--password-stdin');
    this.homes.push(site);
    return site;
  }

  async end() {
    for (const site of this.homes) await site.end();
    await this.stop();
    fs.rmSync(this.root, { recursive: true });
  }
}

/** Signs in on the page that is shown. */
export async function signIn(page, username) {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
