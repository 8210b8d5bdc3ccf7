// The name, the views, the search, and whether what is shown is live.
import { clockTime, number } from '../model/words';
import * as store from '../store';
import { FeatureChoice } from './features';
import { Sign } from './sign';

const titles: Record<store.View, string> = { board: 'Board', graph: 'Graph', events: 'Events', agents: 'Agents', numbers: 'Numbers', sync: 'Delivery' };
const titleOf = (name: store.View): string => (name === 'sync' && store.isTeam.value ? 'Homes' : titles[name]);

function Views() {
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = store.views[(store.views.indexOf(store.view.value) + by + store.views.length) % store.views.length]!;
    store.view.value = next;
    document.getElementById(`tab-${next}`)?.focus();
  };
  const marks: Partial<Record<store.View, number>> = { agents: store.urgent.value, sync: store.problems.value };
  return (
    <div role="tablist" aria-label="View" class="views" onKeyDown={onKeyDown}>
      {store.views.map(name => (
        <button key={name} role="tab" id={`tab-${name}`} aria-controls="panel" aria-selected={store.view.value === name}
          tabIndex={store.view.value === name ? 0 : -1} onClick={() => { store.view.value = name; }}>
          {titleOf(name)}{(marks[name] ?? 0) > 0 && <span class="count alert">{number(marks[name]!)}<span class="hidden"> to look at</span></span>}
        </button>))}
    </div>
  );
}

export function Connection() {
  const state = store.connection.value;
  const words = state === 'old' ? `○ What you see is from ${clockTime(store.heardAt.value)}`
    : { open: '● Connected', connecting: '… Connecting', refused: '○ Not allowed' }[state];
  return <span class={`pill${state === 'old' ? ' mark' : ''}`} role="status">{words}</span>;
}

/** Whose board this is, where a person is in several teams, and the way to the account. */
function Team() {
  const home = store.home.value;
  if (!store.isTeam.value || home === null) return null;
  const teams = home.teams ?? [];
  return (
    <>
      {teams.length > 1 && (
        <select aria-label="Team" value={store.team.value} onChange={event => { location.assign(`/?team=${encodeURIComponent(event.currentTarget.value)}`); }}>
          {teams.map(one => <option key={one.slug} value={one.slug}>{one.name || one.slug}</option>)}
        </select>)}
      <a class="clip" dir="auto" href="/account" title="Account">{home.username}</a>
    </>
  );
}

export function Header() {
  return (
    <header>
      <h1 dir="auto">{store.project.value || 'Board'}{store.isPast.value && <span class="past-word"> (past)</span>}</h1>
      <Views />
      <FeatureChoice />
      <input type="search" aria-label="Search work packages" placeholder="Search  /" value={store.query.value} onInput={event => { store.query.value = event.currentTarget.value; }} />
      <Connection />
      <Team />
      <button aria-keyshortcuts="?" onClick={() => { store.helpOpen.value = true; }}><Sign sign="?" word="Help" /></button>
    </header>
  );
}
