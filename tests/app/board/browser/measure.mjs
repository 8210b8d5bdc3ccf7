// What a page costs: the processor time of its main thread, which other programs on the machine change little,
// the gaps between its frames, and its memory.
import { show } from './page.mjs';

export const isShort = process.env.BOARD_SHORT === '1';
/** A machine that builds beside it takes longer; BOARD_SLACK=1 measures the bars themselves. */
export const slack = Number(process.env.BOARD_SLACK ?? 3);

export const firstCard = page => page.locator('.card').first().waitFor();
/** Waits until the page has so many events. */
export const allEvents = (page, count) =>
  page.waitForFunction(wanted => Number(document.querySelector('input[type=range]')?.max ?? 0) >= wanted, count, { timeout: 120_000 });

/** The processor time of the page's main thread so far, in milliseconds. */
export async function meter(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => (await session.send('Performance.getMetrics')).metrics.find(one => one.name === 'TaskDuration').value * 1000;
}

/** The JavaScript heap after everything that is not used was collected, in bytes. */
export async function heap(page) {
  const session = await page.context().newCDPSession(page);
  for (let turn = 0; turn < 3; turn++) await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

/** Does `act` in the page and waits for two frames; what it cost by then, and with all that followed. */
export async function cost(page, spent, act) {
  const before = await spent();
  await page.evaluate(async source => {
    eval(source)();
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  }, `(${act})`);
  const answered = await spent() - before;
  await page.waitForTimeout(700);
  return { answered, settled: await spent() - before };
}

/** Calls `act` in the page for each of `turns` frames; the gaps between frames, sorted. */
const frames = (page, turns, act) => page.evaluate(async ([count, source]) => {
  const change = eval(source);
  const gaps = [];
  let last = await new Promise(requestAnimationFrame);
  for (let turn = 0; turn < count; turn++) {
    change(turn, count);
    const at = await new Promise(requestAnimationFrame);
    gaps.push(at - last);
    last = at;
  }
  return gaps.sort((a, b) => a - b);
}, [turns, `(${act})`]);

const scrubbing = turn => {
  const slider = document.querySelector('input[type=range]');
  slider.value = String(Math.floor(Number(slider.max) * (0.5 + 0.49 * Math.sin(turn / 7))));
  slider.dispatchEvent(new Event('input', { bubbles: true }));
};

/** Scrubs over all events in these views, says what it cost, and returns the milliseconds of processor for each frame. */
export async function scrub(page, routes) {
  const spent = await meter(page);
  const costs = [];
  for (const route of routes) {
    await show(page, route);
    await page.waitForTimeout(500);
    const before = await spent();
    const gaps = await frames(page, 150, scrubbing);
    const each = (await spent() - before) / gaps.length;
    const slow = gaps.filter(gap => gap > 50).length;
    console.log(`# scrubbing ${route}: ${each.toFixed(1)} ms of processor a frame; gaps p50 ${gaps[75].toFixed(1)}, max ${gaps.at(-1).toFixed(1)} ms, ${slow} of 150 over 50 ms`);
    costs.push(each);
    await page.getByRole('button', { name: 'Back to live' }).click();
  }
  return costs;
}
