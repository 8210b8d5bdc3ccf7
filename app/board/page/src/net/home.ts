// Where this page stands: on one machine, or at a team's server, which knows the person by a cookie.
import type { Home } from '../api.gen';
import * as store from '../store';
import { getJson, Refused, setTeam } from './session';

/** Asks the server where the page is and which team it shows; whether there is a board to show. */
export async function findHome(): Promise<boolean> {
  try {
    const home = await getJson<Home>('/board/home');
    const teams = home.teams ?? [];
    const named = new URLSearchParams(location.search).get('team');
    const shown = named === null ? teams[0] : teams.find(one => one.slug === named);
    store.home.value = home;
    store.team.value = shown?.slug ?? '';
    setTeam(store.team.value);
    return home.home === 'local' || shown !== undefined;
  } catch (error) {
    if (error instanceof Refused) {
      store.signedOut.value = error.code === 'not_signed_in';
      store.connection.value = 'refused';
      return false;
    }
    store.connection.value = 'old';
    await new Promise(resolve => setTimeout(resolve, 2000));
    return findHome();
  }
}

/** Whether the cookie is still good: a stream that is refused does not say why. */
export function checkLogin(): void {
  if (store.home.value?.home !== 'team') return;
  getJson<Home>('/board/home').catch((error: unknown) => {
    if (!(error instanceof Refused)) return;
    store.signedOut.value = true;
    store.connection.value = 'refused';
  });
}

export const loginPath = (): string => `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
