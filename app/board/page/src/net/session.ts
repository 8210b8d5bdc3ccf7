// What a request carries. The board of one machine is opened with a token in the fragment, which no
// request carries; it is kept for this tab alone and leaves the address at once. At a team's server
// the browser adds its cookie by itself, and the team stands in the address.
const name = 'board-token';

export function takeToken(): void {
  const given = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (given === undefined) return;
  sessionStorage.setItem(name, given);
  history.replaceState(null, '', location.pathname + location.search);
}

export const token = (): string | null => sessionStorage.getItem(name);

let team = '';
export const setTeam = (slug: string): void => { team = slug; };
/** A path of the API, for the team in view. */
export const ofTeam = (path: string): string =>
  team === '' ? path : `${path}${path.includes('?') ? '&' : '?'}team=${encodeURIComponent(team)}`;

/** The server does not accept this page's token, or wants a login. */
export class Refused extends Error {
  constructor(readonly code: string) { super(code); }
}

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  const held = token();
  const headers: Record<string, string> = held === null ? {} : { Authorization: `Bearer ${held}` };
  if (options.method === 'POST') headers['X-Board'] = '1';
  const reply = await fetch(ofTeam(path), { ...options, headers, cache: 'no-store' });
  if (!reply.ok) {
    const body = await reply.json().catch(() => null) as { error?: string; error_code?: string } | null;
    if (reply.status === 401 || reply.status === 403) throw new Refused(body?.error_code ?? `HTTP ${reply.status}`);
    throw new Error(body?.error ?? `the server answered HTTP ${reply.status}`);
  }
  return reply;
}

export const getJson = async <Reply>(path: string, signal?: AbortSignal): Promise<Reply> =>
  await (await ask(path, signal ? { signal } : {})).json() as Reply;
export const getBytes = async (path: string): Promise<ArrayBuffer> => await (await ask(path)).arrayBuffer();
export const post = async (path: string): Promise<void> => { await ask(path, { method: 'POST' }); };
