// The contrasts of the palette, computed from the style sheet: text 4.5 to 1 on every ground it
// stands on, controls 3 to 1.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';

const css = fs.readFileSync(new URL('../../../../app/board/page/src/style/tokens.css', import.meta.url), 'utf8');
const tokens = [...css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/g)];
const channels = hex => (hex.length === 4 ? [...hex.slice(1)].map(digit => digit + digit) : hex.slice(1).match(/../g)).map(pair => parseInt(pair, 16) / 255);
const luminance = hex => {
  const [red, green, blue] = channels(hex).map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one, other) => {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
};
const lanes = ['planned', 'doing', 'for_review', 'done'];
const pairs = [
  ...['text', 'dim', 'bad', 'accent', ...lanes].flatMap(ink => ['panel', 'bg', 'sunk'].map(ground => [ink, ground, 4.5])),
  ['on-accent', 'accent', 4.5], ['text', 'mark', 4.5], ['dim', 'mark', 4.5], ['bad', 'bad-ground', 4.5], ['bad', 'mark', 4.5],
  ['control', 'panel', 3], ['control', 'bg', 3], ['fill-planned', 'panel', 2.9], ['fill-doing', 'panel', 3], ['fill-for_review', 'panel', 3], ['fill-done', 'panel', 3],
];

for (const [scheme, place] of [['light', 2], ['dark', 3]])
  test(`contrasts are high enough, ${scheme}`, () => {
    const palette = Object.fromEntries(tokens.map(match => [match[1], match[place]]));
    const weak = pairs.filter(([ink, ground, least]) => contrast(palette[ink], palette[ground]) < least)
      .map(([ink, ground, least]) => `${ink} on ${ground}: ${contrast(palette[ink], palette[ground]).toFixed(2)} < ${least}`);
    assert.deepEqual(weak, []);
  });
