// The slider over the total order, the density of events above it, and how to step, play and go
// back to live.
import { computed } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Scrub } from '../model/scrub';
import { number, timeOf } from '../model/words';
import * as store from '../store';
import { colour } from './colour';
import { Sign } from './sign';

const maxBins = 300;

function bins(scrub: Scrub): { heights: Float64Array; errors: Uint8Array; days: number[] } {
  const binCount = Math.min(maxBins, scrub.count);
  const heights = new Float64Array(binCount);
  const errors = new Uint8Array(binCount);
  const days: number[] = [];
  const { count } = scrub;
  let day = NaN;
  for (let bin = 0; bin < binCount && count > 1; bin++) {
    const from = Math.floor((bin * count) / binCount);
    const to = Math.max(from + 1, Math.floor(((bin + 1) * count) / binCount));
    const hours = Math.abs(scrub.timeAt(Math.min(to, count - 1) + 1) - scrub.timeAt(from + 1)) / 3_600_000;
    // The logarithm of events per hour: a linear height is a solid block with a few spikes.
    heights[bin] = Math.log1p((to - from) / Math.max(hours, 1 / 60));
    for (let place = from; place < to; place++) if (scrub.isError(place)) errors[bin] = 1;
    const here = Math.floor(scrub.timeAt(from + 1) / 86_400_000);
    if (here !== day && bin > 0) days.push(bin);
    day = here;
  }
  return { heights, errors, days };
}

/** A few events more do not show: the strip is drawn anew with the clock. */
const drawnCount = computed(() => (store.clock.value, store.scrub.value?.count ?? 0));

function Strip() {
  const ref = useRef<HTMLCanvasElement>(null);
  const scrub = store.scrub.value;
  useEffect(() => {
    const canvas = ref.current!;
    const draw = () => {
      const ratio = devicePixelRatio;
      const { clientWidth: wide, clientHeight: high } = canvas;
      canvas.width = wide * ratio;
      canvas.height = high * ratio;
      const pen = canvas.getContext('2d');
      if (!pen || !scrub || scrub.count < 2) return;
      pen.scale(ratio, ratio);
      const { heights, errors, days } = bins(scrub);
      const top = Math.max(...heights, 1e-9);
      const step = wide / heights.length;
      pen.fillStyle = colour('line');
      if (days.length < 60) for (const bin of days) pen.fillRect(bin * step, 0, 1, high);
      pen.fillStyle = colour('fill-doing');
      heights.forEach((value, bin) => { const tall = Math.max(1, (value / top) * (high - 5)); pen.fillRect(bin * step, high - tall, Math.max(1, step - 0.5), tall); });
      pen.fillStyle = colour('bad');
      errors.forEach((value, bin) => { if (value) pen.fillRect(bin * step, 0, Math.max(2, step), 3); });
    };
    draw();
    const sizes = new ResizeObserver(draw);
    sizes.observe(canvas);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => { sizes.disconnect(); scheme.removeEventListener('change', draw); };
  }, [scrub, drawnCount.value]);
  const share = store.total.value === 0 ? 1 : store.position.value / store.total.value;
  return <div class="strip" aria-hidden="true"><canvas ref={ref} /><i style={{ transform: `translateX(${(share * 100).toFixed(3)}%)` }} /></div>;
}

export const speeds = [1, 10, 100] as const;

/** Plays on: so many events a second; with reduced motion one step a second. */
export function play(): void {
  if (store.playing.value > 0) { store.playing.value = 0; return; }
  if (store.point.value === null) store.goTo(0);
  store.playing.value = 10;
}

function usePlaying() {
  const speed = store.playing.value;
  useEffect(() => {
    if (speed === 0) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const every = calm || speed === 1 ? 1000 : 100;
    const timer = setInterval(() => {
      const at = store.point.value;
      if (at === null) store.playing.value = 0;
      else store.goTo(at + Math.max(1, Math.round((speed * every) / 1000)));
    }, every);
    return () => clearInterval(timer);
  }, [speed]);
}

export function TimeBar() {
  usePlaying();
  const all = store.total.value;
  const at = store.position.value;
  const live = !store.isPast.value;
  const time = store.scrub.value?.timeAt(at) ?? NaN;
  const words = `event ${number(at)} of ${number(all)}${Number.isFinite(time) ? `, ${timeOf(time)}` : ''}`;
  if (all === 0)
    return <section class="timebar" aria-label="Time"><p class="dim">No events yet: the past begins with the first move.</p></section>;
  return (
    <section class={`timebar${live ? '' : ' past'}`} aria-label="Time">
      <div class="steps">
        <button disabled={at === 0} onClick={() => store.goTo(at - 1)}><Sign sign="◂" word="One event back" /></button>
        <button onClick={play}>{store.playing.value > 0 ? <Sign sign="❚❚" word="Pause" /> : <Sign sign="▶" word="Play" />}</button>
        <button disabled={live} onClick={() => store.goTo(at + 1)}><Sign sign="▸" word="One event on" /></button>
        {store.playing.value > 0 && (
          <select aria-label="Events a second" value={store.playing.value} onChange={event => { store.playing.value = Number(event.currentTarget.value); }}>
            {speeds.map(speed => <option key={speed} value={speed}>{speed}/s</option>)}
          </select>)}
      </div>
      <div class="slider">
        <Strip />
        <input type="range" aria-label="Point in the past" aria-valuetext={words} min={0} max={all} value={at} onInput={event => store.goTo(Number(event.currentTarget.value))} />
      </div>
      {live
        ? store.connection.value === 'open'
          ? <span class="pill"><span aria-hidden="true">●</span> Live</span>
          : <span class="pill mark"><span aria-hidden="true">○</span> Not live</span>
        : <><span class="pill mark moment" style={{ inlineSize: `${2 * number(all).length + 27}ch` }}>{Number.isFinite(time) ? timeOf(time) : 'the beginning'} · event {number(at)} of {number(all)}</span><button class="primary" onClick={store.goLive}>Back to live</button></>}
    </section>
  );
}
