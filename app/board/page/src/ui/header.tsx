// The name, the views, the search, and whether what is shown is live.
import { clockTime, number } from '../model/words';
import * as store from '../store';
import { FeatureChoice } from './features';
import { Sign } from './sign';

const titles: Record<store.View, string> = { board: 'Board', graph: 'Graph', events: 'Events', agents: 'Agents', numbers: 'Numbers', sync: 'Delivery' };

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
  const board = store.shown.value;
  const urgent = board?.waits.filter(one => one.urgent).length ?? 0;
  const problems = store.now.value?.sync?.problems.length ?? 0;
  const marks: Partial<Record<store.View, number>> = { agents: urgent, sync: problems };
  return (
    <div role="tablist" aria-label="View" class="views" onKeyDown={onKeyDown}>
      {store.views.map(name => (
        <button key={name} role="tab" id={`tab-${name}`} aria-controls="panel" aria-selected={store.view.value === name}
          tabIndex={store.view.value === name ? 0 : -1} onClick={() => { store.view.value = name; }}>
          {titles[name]}{(marks[name] ?? 0) > 0 && <span class="count alert">{number(marks[name]!)}<span class="hidden"> to look at</span></span>}
        </button>))}
    </div>
  );
}

export function Connection() {
  const words = {
    open: '● Connected', connecting: '… Connecting', refused: '○ Not allowed',
    old: `○ What you see is from ${clockTime(store.heardAt.value)}`,
  }[store.connection.value];
  return <span class={`pill${store.connection.value === 'old' ? ' mark' : ''}`} role="status">{words}</span>;
}

export function Header() {
  const board = store.now.value;
  return (
    <header>
      <h1 dir="auto">{board?.project || 'Board'}{store.isPast.value && <span class="past-word"> (past)</span>}</h1>
      <Views />
      <FeatureChoice />
      <input type="search" aria-label="Search work packages" placeholder="Search  /" value={store.query.value} onInput={event => { store.query.value = event.currentTarget.value; }} />
      <Connection />
      <button aria-keyshortcuts="?" onClick={() => { store.helpOpen.value = true; }}><Sign sign="?" word="Help" /></button>
    </header>
  );
}
