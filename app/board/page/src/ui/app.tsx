// The page as a whole, and what stands in place of it: no permission, no server, no feature.
import { computed } from '@preact/signals';
import { loginPath } from '../net/home';
import * as store from '../store';
import { Agents } from './agents';
import { Announcer } from './announce';
import { Board } from './board';
import { Detail } from './detail';
import { EventList } from './events';
import { Features } from './features';
import { Graph } from './graph';
import { Connection, Header } from './header';
import { Help } from './help';
import { Numbers } from './numbers';
import { Sync } from './sync';
import { TimeBar } from './timebar';

function Empty() {
  if (store.isTeam.value)
    return (
      <div class="page empty">
        <h2>No event yet</h2>
        <p>Nobody of this team has sent an event. In a repository with features:</p>
        <p><code>spec-kitty sync server {location.origin}</code></p>
        <p><code>spec-kitty auth login --team {store.team.value}</code></p>
        <p class="dim">Work packages appear here as soon as somebody works on them.</p>
      </div>
    );
  return (
    <div class="page empty">
      <h2>No feature yet</h2>
      <p>There is nothing in <code>kitty-specs/</code> of this repository. This writes the folder of a first feature:</p>
      <p><code>spec-kitty feature create tea --wp 'Boil water'</code></p>
      <p class="dim">It appears here as soon as it is on disk.</p>
    </div>
  );
}

const shownViews: Record<store.View, () => preact.JSX.Element> = {
  board: Board, graph: Graph, events: EventList, agents: Agents, numbers: Numbers, sync: Sync,
};

function Trouble() {
  const text = store.trouble.value;
  return text === null ? null : (
    <p class="trouble" role="alert"><span dir="auto">{text}</span> <button onClick={() => { store.trouble.value = null; }}>Close</button></p>
  );
}

/** At a team's server: nobody has signed in, or no team is in view. */
function TeamDoor() {
  const home = store.home.value;
  if (store.signedOut.value || home === null)
    return <p>You are signed out. <a href={loginPath()}>Sign in</a></p>;
  if ((home.teams ?? []).length === 0)
    return <><p>You are in no team yet. Somebody who runs this server adds you:</p><p><code>spec-kitty-server member add --team SLUG --user {home.username}</code></p></>;
  return (
    <>
      <p>You are in no team of this name. Yours:</p>
      <ul>{(home.teams ?? []).map(one => <li key={one.slug}><a href={`/?team=${encodeURIComponent(one.slug)}`} dir="auto">{one.name || one.slug}</a></li>)}</ul>
    </>
  );
}

function Waiting() {
  const refused = store.connection.value === 'refused';
  if (store.signedOut.value || (store.isTeam.value && store.team.value === ''))
    return <main class="alone" id="main"><h1>Board</h1><TeamDoor /></main>;
  return (
    <main class="alone" id="main">
      <h1>Board</h1>
      {refused
        ? <><p>This page may not read the board: its address had no token, or the board was started anew since.</p><p>Open the address that <code>spec-kitty board</code> printed, or start it again: <code>spec-kitty board --open</code></p></>
        : store.connection.value === 'old' ? <p>The board's server does not answer. This page keeps trying.</p> : <p class="dim">Loading…</p>}
      {!refused && <Connection />}
    </main>
  );
}

const isRefused = computed(() => store.connection.value === 'refused');
const isEmpty = computed(() => store.now.value?.features.length === 0 && store.view.value !== 'sync' && store.view.value !== 'events');

export function App() {
  if (!store.hasBoard.value || isRefused.value) return <Waiting />;
  const View = shownViews[store.view.value];
  return (
    <>
      <Header />
      <Features />
      <main id="main" class={store.chosen.value ? 'with-detail' : ''}>
        <Trouble />
        <div id="panel" role="tabpanel" aria-labelledby={`tab-${store.view.value}`} class={`content content-${store.view.value}`}>{isEmpty.value ? <Empty /> : <View />}</div>
        <Detail />
      </main>
      <TimeBar />
      <Help />
      <Announcer />
    </>
  );
}
