// The panel of a work package: what it is, what it waits for, how to move it, what happened to it.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Events, EventRow } from '../api.gen';
import { commandsFor, eventWords, laneSigns, laneWord, originWords, parse, plural, timeFor, timeOf } from '../model/words';
import { getJson } from '../net/session';
import * as store from '../store';
import { Command } from './copy';
import { Sign } from './sign';

export function Detail() {
  const picked = store.chosen.value;
  if (picked === null) return null;
  const found = store.find(store.shown.value, picked.feature, picked.id) ?? store.find(store.now.value, picked.feature, picked.id);
  return found ? <Panel key={`${picked.feature}/${picked.id}`} slug={picked.feature} id={picked.id} /> : null;
}

export function closeDetail(): void {
  const picked = store.chosen.value;
  store.chosen.value = null;
  if (picked) document.querySelector<HTMLElement>(`[data-card="${CSS.escape(`${picked.feature}/${picked.id}`)}"]`)?.focus();
}

function Panel({ slug, id }: { slug: string; id: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const found = store.find(store.shown.value, slug, id);
  const known = found ?? store.find(store.now.value, slug, id)!;
  const { wp, feature } = known;
  useEffect(() => heading.current?.focus(), []);
  const commands = store.isPast.value || feature.read_only || !feature.on_disk ? [] : commandsFor(slug, wp);
  return (
    <section class="detail" aria-labelledby="detail-title">
      <button class="close" onClick={closeDetail}><Sign sign="✕" word="Close" /></button>
      <h2 id="detail-title" ref={heading} tabIndex={-1} dir="auto">{wp.id} {wp.title}</h2>
      <p class="dim clip" dir="auto">{feature.slug}</p>
      {found
        ? <p><span aria-hidden="true">{laneSigns[wp.counts_as]}</span> {laneWord(wp.lane)}
            {wp.since && <> for {timeFor(store.moment.value - parse(wp.since))}</>}{(wp.agent ?? wp.assignee) && <> · {wp.agent ?? wp.assignee}</>}</p>
        : <p class="note">It was not on the board yet at this point.</p>}
      {wp.subtasks && <p>{wp.subtasks[0]} of {plural(wp.subtasks[1], 'subtask')} done</p>}
      {wp.dependencies.length > 0 && <p>Depends on {wp.dependencies.join(', ')}{wp.waits_for.length > 0 ? `; waits for ${wp.waits_for.join(', ')}` : ''}.</p>}
      {wp.conflict && <p class="bad">⚠ Two homes disagree on its latest move: each moved it without having seen the other.</p>}
      {wp.failed && <p class="bad">⚠ Its latest attempt failed.</p>}
      {wp.event_lane && <p class="note">On disk it is in {laneWord(wp.lane)}; its events have it in {laneWord(wp.event_lane)}.</p>}
      {wp.steps_unseen > 0 && <p class="dim">{plural(wp.steps_unseen, 'step')} between its events were not seen.</p>}
      {wp.sent_back > 0 && <p class="dim">Sent back {plural(wp.sent_back, 'time')}.</p>}
      {wp.note && <blockquote dir="auto">{wp.note}</blockquote>}
      {feature.read_only && <p class="dim">Another program keeps the lanes of this feature; they are only shown here.</p>}
      {commands.length > 0 && <><h3>To move it, in a terminal</h3>{commands.map(text => <Command key={text} text={text} />)}</>}
      <History slug={slug} id={id} />
    </section>
  );
}

function History({ slug, id }: { slug: string; id: string }) {
  const [rows, setRows] = useState<EventRow[] | null>(null);
  const arrived = store.arrivals.value;
  useEffect(() => {
    const stop = new AbortController();
    const words = new URLSearchParams({ feature: slug, wp: id, limit: '50' });
    getJson<Events>(`/board/events?${words}`, stop.signal).then(reply => setRows(reply.events), store.fail);
    return () => stop.abort();
  }, [slug, id, arrived]);
  if (rows === null) return <p class="dim">Loading its events…</p>;
  return (
    <>
      <h3>What happened</h3>
      {rows.length === 0 ? <p class="dim">No event of it is known here.</p> : (
        <ol class="history">
          {rows.map(row => (
            <li key={row.seq}>
              <button class="row" onClick={() => store.goToEvent(row.event_id)} title="Show the board at this point">
                <span class="dim">{timeOf(parse(row.at))}</span>
                <span dir="auto">{eventWords(row)}</span>
                <span class="dim">{[row.by ?? row.names, originWords[row.origin]].filter(Boolean).join(' · ')}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
