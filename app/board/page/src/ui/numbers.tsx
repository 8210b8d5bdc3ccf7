// The counts as plots, each with a sentence and the table behind it. The server counts; the page
// draws.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Counts, Day, PackageCounts } from '../api.gen';
import { dayOf, laneNames, lanes, laneSigns, plural, seconds } from '../model/words';
import { getJson } from '../net/session';
import * as store from '../store';
import { colour } from './colour';
import { useBeginning } from './more';

const height = 220;

/** So many rows of a table are shown at once. */
const page = 200;

interface Table { head: string[]; rows: { key: string; name: ComponentChildren; values: ComponentChildren[] }[] }

function Rows({ table }: { table: Table }) {
  const [rows, more] = useBeginning(table.rows, page);
  return (
    <>
      <table>
        <thead><tr>{table.head.map(name => <th scope="col" key={name}>{name}</th>)}</tr></thead>
        <tbody>{rows.map(row => <tr key={row.key}><th scope="row">{row.name}</th>{row.values.map((value, place) => <td key={place}>{value}</td>)}</tr>)}</tbody>
      </table>
      {more}
    </>
  );
}

function Plot({ title, summary, data, options, table }: {
  title: string; summary: string; data: uPlot.AlignedData; options: () => Partial<uPlot.Options>; table: () => Table;
}) {
  const ref = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const place = ref.current!;
    const axis = () => ({ stroke: colour('dim'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line') }, font: '12px system-ui' });
    const draw = () => {
      const more = options();
      return new uPlot({
        width: Math.max(place.clientWidth, 100), height, legend: { show: false }, cursor: { show: false }, series: [{}],
        ...more, axes: (more.axes ?? [{}, {}]).map(one => ({ ...axis(), ...one })),
      }, data, place);
    };
    let plot = draw();
    const sizes = new ResizeObserver(() => plot.setSize({ width: Math.max(place.clientWidth, 100), height }));
    sizes.observe(place);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const again = () => { plot.destroy(); plot = draw(); };
    scheme.addEventListener('change', again);
    return () => { sizes.disconnect(); scheme.removeEventListener('change', again); plot.destroy(); };
  }, [data]);
  return (
    <section class="plot">
      <h2>{title}</h2>
      <p>{summary}</p>
      <div ref={ref} role="img" aria-label={`${title}. ${summary}`} />
      <details onToggle={event => setOpen(event.currentTarget.open)}><summary>As a table</summary>
        {isOpen && <div class="table" tabIndex={0} role="region" aria-label={`${title}, as a table`}><Rows table={table()} /></div>}
      </details>
    </section>
  );
}

/** Days, or weeks where single days would be too thin to see. */
function binned(days: Day[]): { x: number[]; finished: number[]; lanes: number[][]; unit: 'day' | 'week' } {
  const size = days.length > 120 ? 7 : 1;
  const bins = { x: [] as number[], finished: [] as number[], lanes: [[], [], [], []] as number[][], unit: size === 7 ? 'week' as const : 'day' as const };
  for (let from = 0; from < days.length; from += size) {
    const part = days.slice(from, from + size);
    bins.x.push(Date.parse(part[0]!.day) / 1000);
    bins.finished.push(part.reduce((sum, day) => sum + day.finished, 0));
    // What is done lies at the bottom, and each lane on those behind it.
    let sum = 0;
    for (let lane = 3; lane >= 0; lane--) bins.lanes[lane]!.push(sum += part[part.length - 1]!.lanes[lane]!);
  }
  return bins;
}

export function Numbers() {
  const counts = useSignal<Counts | null>(null);
  const at = store.point.value;
  const arrived = store.arrivals.value;
  useEffect(() => {
    const stop = new AbortController();
    const words = new URLSearchParams();
    if (store.feature.value) words.set('feature', store.feature.value);
    if (at !== null) words.set('at', String(at));
    const timer = setTimeout(() => getJson<Counts>(`/board/counts?${words}`, stop.signal).then(reply => { counts.value = reply; }, store.fail), 150);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [store.feature.value, at, arrived]);
  if (counts.value === null) return <p class="dim page">Counting…</p>;
  if (counts.value.days.length === 0) return <p class="empty">Nothing has moved yet, so there is nothing to count.</p>;
  return <Plots key={`${counts.value.days.length}-${store.feature.value}`} counts={counts.value} />;
}

const day = 86_400;
/** One day alone stands in the middle of its week. */
const aroundDay = (plot: uPlot, min: number, max: number): [number, number] =>
  plot.data[0].length === 1 ? [plot.data[0][0]! - 3 * day, plot.data[0][0]! + 3 * day] : [min, max];
const days = { scales: { x: { range: aroundDay } } } satisfies Partial<uPlot.Options>;
/** Steps of an axis that counts. */
const whole = [1, 2, 5].flatMap(digit => [1, 10, 100, 1000, 10_000, 100_000].map(power => digit * power)).sort((a, b) => a - b);

const named = (wp: PackageCounts) => ({ key: `${wp.feature}/${wp.wp_id}`, name: <>{wp.wp_id} <span class="dim">{wp.feature}</span></> });

function Plots({ counts }: { counts: Counts }) {
  const bins = binned(counts.days);
  const finished = bins.finished.reduce((sum, value) => sum + value, 0);
  const last = counts.days[counts.days.length - 1]!.lanes;
  const cycles = counts.work_packages.filter(wp => wp.cycle_s !== null).sort((a, b) => a.cycle_s! - b.cycle_s!);
  const reviews = counts.work_packages.filter(wp => (wp.review_s ?? 0) > 0).sort((a, b) => a.review_s! - b.review_s!);
  const hours = (list: typeof cycles, of: (wp: (typeof cycles)[number]) => number) =>
    [list.map((_, index) => index + 1), list.map(wp => Math.max(of(wp) / 3600, 0.01))] as uPlot.AlignedData;
  const dots = (name: string): Partial<uPlot.Options> => ({
    scales: { x: { time: false }, y: { distr: 3, log: 10 } },
    axes: [{ label: 'work packages, shortest first', incrs: whole }, {
      label: 'hours', ticks: { show: false },
      // Lines at powers of ten alone: the others are a grey wall.
      grid: { stroke: colour('line'), width: 1, filter: (_, splits) => splits.map(value => (Math.abs(Math.log10(value) % 1) < 1e-6 ? value : null)) },
    }],
    series: [{}, { stroke: colour(name), paths: () => null, points: { show: true, size: 6, fill: colour(`fill-${name}`) } }],
  });
  return (
    <div class="page plots">
      <Plot title="Throughput" data={[bins.x, bins.finished]}
        summary={`${plural(finished, 'time')} a work package came to Done in ${plural(counts.days.length, 'day')}.`}
        options={() => ({
          ...days, axes: [{}, { label: `done per ${bins.unit}`, incrs: whole }],
          series: [{}, { stroke: colour('done'), fill: colour('fill-done'), paths: uPlot.paths.bars!({ size: [0.8, 40] }), points: { show: false } }],
        })}
        table={() => ({
          head: ['Day', 'Done'],
          rows: counts.days.filter(day => day.finished > 0).map(day => ({ key: day.day, name: dayOf(Date.parse(day.day)), values: [day.finished] })),
        })} />
      <Plot title="Cumulative flow" data={[bins.x, ...bins.lanes] as uPlot.AlignedData}
        summary={`At the end: ${lanes.map((name, lane) => `${laneSigns[name]} ${last[lane]} ${laneNames[name].toLowerCase()}`).join(', ')}.`}
        options={() => ({
          ...days, axes: [{}, { label: 'work packages', incrs: whole }],
          series: [{}, ...lanes.map(name => ({ stroke: colour(name), fill: colour(`fill-${name}`), width: 1, points: { show: bins.x.length < 2 } }))],
        })}
        table={() => ({
          head: ['Day', ...lanes.map(name => laneNames[name])],
          rows: counts.days.map(day => ({ key: day.day, name: dayOf(Date.parse(day.day)), values: day.lanes })),
        })} />
      <Plot title="Cycle time" data={hours(cycles, wp => wp.cycle_s!)} options={() => dots('doing')}
        summary={cycles.length === 0 ? 'No work package has been through Doing to Done yet.'
          : `From the first Doing to Done: half took at most ${seconds(counts.cycle_median_s)}, 85 of 100 at most ${seconds(counts.cycle_85_s)}.`}
        table={() => ({ head: ['Work package', 'Took'], rows: cycles.map(wp => ({ ...named(wp), values: [seconds(wp.cycle_s)] })) })} />
      <Plot title="Time in review" data={hours(reviews, wp => wp.review_s!)} options={() => dots('for_review')}
        summary={counts.reviewed === 0 ? 'Nothing has been in review yet.'
          : `Summed over all visits, half spent at most ${seconds(counts.review_median_s)}. Of ${counts.reviewed} that were reviewed, ${counts.sent_back} were sent back (${Math.round((100 * counts.sent_back) / counts.reviewed)} %).`}
        table={() => ({ head: ['Work package', 'In review', 'Sent back'], rows: reviews.map(wp => ({ ...named(wp), values: [seconds(wp.review_s), wp.sent_back] })) })} />
      <section class="plot">
        <h2>Per agent and person</h2>
        <div class="table" tabIndex={0} role="region" aria-label="Moves per agent and person"><table>
          <thead><tr><th scope="col">Who</th><th scope="col">Moves</th><th scope="col">To review</th><th scope="col">Done</th><th scope="col">Sent back</th></tr></thead>
          <tbody>{[...counts.people].sort((a, b) => b.moves - a.moves).map(one => (
            <tr key={one.name}><th scope="row" dir="auto">{one.name}</th><td>{one.moves}</td><td>{one.to_review}</td><td>{one.finished}</td><td>{one.sent_back}</td></tr>))}</tbody></table></div>
        {counts.clock_disagreements > 0 && <p class="note">{plural(counts.clock_disagreements, 'time')} two clocks disagreed: such a duration counts as none.</p>}
      </section>
    </div>
  );
}
