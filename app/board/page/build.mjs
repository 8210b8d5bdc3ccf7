// Builds the page: one file with everything in it. `node build.mjs [FILE]`; without FILE, board.html
// beside this script. The same sources give the same bytes anywhere.
//
//   ../schema/board.schema.json ─▶ src/api.gen.ts ─┐
//                           src/main.tsx, *.css ───┴─ esbuild ─▶ board.html
import { build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { typesOf } from './types.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const at = name => path.join(here, name);
const schema = JSON.parse(fs.readFileSync(at('../schema/board.schema.json'), 'utf8'));
const types = typesOf(schema);
if (!fs.existsSync(at('src/api.gen.ts')) || fs.readFileSync(at('src/api.gen.ts'), 'utf8') !== types)
  fs.writeFileSync(at('src/api.gen.ts'), types);

const common = {
  bundle: true, minify: true, write: false, charset: 'utf8', legalComments: 'none',
  logLevel: 'warning', absWorkingDir: here,
};
const script = await build({
  ...common, entryPoints: ['src/main.tsx'], format: 'iife', target: ['es2022'],
  jsx: 'automatic', jsxImportSource: 'preact', define: { 'process.env.NODE_ENV': '"production"' },
});
const style = await build({ ...common, entryPoints: ['src/style/all.css'], target: ['chrome123', 'firefox120', 'safari17.5'] });
// Text in a script element ends at the first `</script`, wherever it stands.
const js = script.outputFiles[0].text.replaceAll('</script', '<\\/script').trimEnd();
const css = style.outputFiles[0].text.trimEnd();
const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Board · Spec Kitty</title><link rel="icon" href="data:,">
<style>${css}</style></head>
<body><noscript>The board is a program that runs in this page: allow JavaScript for it.</noscript><div id="app"></div>
<script>${js}</script></body></html>
`;
fs.writeFileSync(process.argv[2] ?? at('board.html'), html);
