// Where the events stand: queue, last acknowledgement, problems with the command that clears each,
// dead letters with a button that sends them again.
import { useState } from 'preact/hooks';
import type { DeadLetter } from '../api.gen';
import { kindWord, number, parse, timeOf } from '../model/words';
import { post } from '../net/session';
import * as store from '../store';
import { Command } from './copy';

function Letter({ letter }: { letter: DeadLetter }) {
  const [state, setState] = useState('');
  const retry = () => {
    setState('Asking…');
    post(`/board/dead/${letter.event_id}/retry`).then(() => setState('Queued again'), (error: Error) => setState(error.message));
  };
  return (
    <li>
      <p><b>{letter.wp_id ?? ''}</b> {kindWord(letter.event_type)} <span class="dim">{letter.event_id}</span></p>
      <p class="bad" dir="auto">⚠ {letter.reason}{letter.last_try_at && ` (last tried ${timeOf(parse(letter.last_try_at))})`}</p>
      <button onClick={retry} disabled={state === 'Asking…'} aria-label={`Send again: ${letter.event_id}`}>Send again</button> <span role="status">{state}</span>
    </li>
  );
}

/** What a team's server knows of the homes that send to it. */
function Homes() {
  const board = store.now.value!;
  return (
    <div class="page">
      <h2>Homes of the team</h2>
      {board.nodes.length === 0 ? <p class="empty dim">No home has sent an event yet.</p> : (
        <div class="table" tabIndex={0} role="region" aria-label="Homes of the team"><table>
          <thead><tr><th scope="col">Home</th><th scope="col">Sent by</th><th scope="col">Events</th><th scope="col">Last heard</th></tr></thead>
          <tbody>{board.nodes.map(one => (
            <tr key={one.node_id}><th scope="row">{one.node_id}</th><td dir="auto">{one.by ?? ''}</td><td>{number(one.events)}</td><td>{one.heard_at ? timeOf(parse(one.heard_at)) : 'not known'}</td></tr>))}
          </tbody>
        </table></div>)}
      <p class="dim">What still waits in a home is known there alone: <code>spec-kitty sync status</code></p>
      <h3>How far the past reaches</h3>
      <Reach />
    </div>
  );
}

export function Sync() {
  const board = store.now.value!;
  const sync = board.sync;
  if (store.isTeam.value) return <Homes />;
  if (sync === null) return <div class="page"><h2>Delivery</h2><p class="empty">No home keeps events here.</p></div>;
  const sessions = { logged_out: 'nobody is logged in: events wait here until a login', expired: 'the session has expired', authenticated: `logged in to ${sync.team ?? ''}` };
  return (
    <div class="page">
      <h2>Delivery of events</h2>
      <p>{sync.problems.length === 0 ? '● All is well' : `⚠ ${sync.problems.length} to look at`} · <span dir="auto">{sessions[sync.session]}</span>{sync.server && <span class="dim"> · {sync.server}</span>}</p>
      <dl class="figures">
        {([['Queued', sync.queued], ['Being sent', sync.leased], ['Held', sync.held], ['Dead letters', sync.dead]] as const).map(([name, value]) => (
          <div key={name}><dt>{name}</dt><dd>{number(value)}</dd></div>))}
        <div><dt>Last acknowledged</dt><dd>{sync.last_acknowledged_at ? timeOf(parse(sync.last_acknowledged_at)) : 'never'}</dd></div>
      </dl>
      {sync.problems.length > 0 && <><h3>What to do</h3><ul class="waits">{sync.problems.map(one => (
        <li key={one.code}><p dir="auto">{one.text}</p>{one.command && <Command text={one.command} />}</li>))}</ul></>}
      {sync.dead_letters.length > 0 && <><h3>Dead letters</h3><ul class="waits">{sync.dead_letters.map(letter => <Letter key={letter.event_id} letter={letter} />)}</ul></>}
      {board.unreadable.length > 0 && <><h3>Files that cannot be read</h3><ul>{board.unreadable.map(text => <li key={text} dir="auto">{text}</li>)}</ul></>}
      <h3>How far the past reaches</h3>
      <Reach />
    </div>
  );
}

const kinds = { event: 'recorded event', git: 'move in commits', activity_log: 'move in activity logs', status_log: 'move in status.events.jsonl' };

function Reach() {
  const { history } = store.now.value!;
  if (history.sources.length === 0) return <p class="dim">Nothing of the past is known here yet.</p>;
  return (
    <>
      <ul>{history.sources.map(one => (
        <li key={one.kind}>{one.count === 1 ? `1 ${kinds[one.kind]}` : `${number(one.count)} ${kinds[one.kind].replace(/^(recorded event|move)/, '$1s')}`}{one.from && one.to ? `, from ${timeOf(parse(one.from))} to ${timeOf(parse(one.to))}` : ''}</li>))}
      </ul>
      {!history.complete && <p class="note">{store.isTeam.value
        ? 'Some events are not kept any more, or lie too far back: what they changed is not shown.'
        : "git's history could not be read to its beginning: the past before it is not shown."}</p>}
      {!store.isTeam.value && <p class="dim">Delivered events come from the home's journal, which keeps the latest 10,000 unless it is set otherwise; older moves from git and activity logs.</p>}
    </>
  );
}
