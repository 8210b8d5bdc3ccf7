// The page of the board: docs/board-api.md says what it asks its server.
import { effect } from '@preact/signals';
import { render } from 'preact';
import type { EventRow } from './api.gen';
import { laneWord } from './model/words';
import { checkLogin, findHome } from './net/home';
import { takeToken } from './net/session';
import { connect } from './net/stream';
import { keepRoute, readRoute } from './route';
import * as store from './store';
import { App } from './ui/app';
import { applyTheme } from './ui/help';
import { listenToKeys } from './ui/keys';

function announce(rows: EventRow[]): void {
  const moves = rows.filter(row => row.event_type === 'WPStatusChanged' && row.to !== null);
  const last = moves[moves.length - 1];
  if (!last || store.isPast.value) return;
  const person = last.by ?? last.names;
  store.announcement.value = `${last.wp_id} moved to ${laneWord(last.to!)}${person ? ` by ${person}` : ''}${moves.length > 1 ? `, and ${moves.length - 1} more moves` : ''}`;
}

takeToken();
applyTheme();
listenToKeys();
effect(() => {
  const name = store.project.value;
  document.title = `${store.isPast.value ? '(past) ' : ''}${store.feature.value || name || 'Board'} · Spec Kitty`;
});
// Durations are told in minutes. In a hidden tab nobody reads them.
setInterval(() => { if (!document.hidden) store.clock.value = Date.now(); }, 15_000);

const begin = () => connect({
  resume: store.resumeAfter,
  onState: state => {
    if (state === 'refused') store.signedOut.value = store.isTeam.value;
    if (state === 'old') checkLogin();
    store.connection.value = state;
  },
  onMessage: message => store.take(message, announce),
});
void findHome().then(found => {
  if (!found) return;
  readRoute();
  keepRoute();
  begin();
});

render(<App />, document.getElementById('app')!);
