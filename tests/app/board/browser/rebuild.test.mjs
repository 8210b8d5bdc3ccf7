// The committed page is what its sources give, byte for byte, and is small enough.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { source } from './site.mjs';

const page = path.join(source, 'app/board/page');
const committed = fs.readFileSync(path.join(page, 'board.html'));

test('the types are those of the schema', async () => {
  const { typesOf } = await import(path.join(page, 'types.mjs'));
  const schema = JSON.parse(fs.readFileSync(path.join(source, 'app/board/schema/board.schema.json'), 'utf8'));
  assert.equal(fs.readFileSync(path.join(page, 'src/api.gen.ts'), 'utf8'), typesOf(schema), 'node app/board/page/build.mjs makes them anew');
});

test('the page is rebuilt byte for byte', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'board-page-'));
  try {
    const file = path.join(folder, 'board.html');
    execFileSync('node', [path.join(page, 'build.mjs'), file], { cwd: folder, env: { ...process.env, TZ: 'Asia/Tokyo', LANG: 'C' } });
    assert.ok(fs.readFileSync(file).equals(committed), 'node app/board/page/build.mjs makes it anew');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('the page has at most 200 kB, compressed', () => {
  const bytes = gzipSync(committed, { level: 9 }).length;
  console.log(`# ${bytes} bytes compressed`);
  assert.ok(bytes <= 200_000, `${bytes} bytes`);
});

test('the sources pass the type checker', () => {
  execFileSync('npx', ['--no-install', 'tsc', '--noEmit'], { cwd: page, stdio: 'inherit' });
});
