// The live stream: a WebSocket whose first message carries the token, if any, and the last event seen. It is
// made anew when it ends or falls silent, and at once when the machine wakes up or is online again.
import type { StreamMessage } from '../api.gen';
import { ofTeam, token } from './session';

const silence = 45_000;
const longestPause = 30_000;
const refusedCode = 4401;

export interface StreamEvents {
  /** The number of arrival after which events are wanted. */
  resume(): number;
  onMessage(message: StreamMessage): void;
  onState(state: 'connecting' | 'open' | 'old' | 'refused'): void;
}

export function connect(events: StreamEvents): void {
  let socket: WebSocket | null = null;
  let pause = 500;
  let retry = 0;
  let watch = 0;

  const hear = () => {
    clearTimeout(watch);
    watch = window.setTimeout(() => { socket?.close(); lost(); }, silence);
  };

  const lost = () => {
    if (socket === null) return;
    socket = null;
    clearTimeout(watch);
    events.onState('old');
    retry = window.setTimeout(open, pause * (0.5 + Math.random() / 2));
    pause = Math.min(pause * 2, longestPause);
  };

  const open = () => {
    clearTimeout(retry);
    if (socket !== null) return;
    const mine = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${ofTeam('/board/stream')}`);
    socket = mine;
    hear();
    mine.onopen = () => mine.send(JSON.stringify({ token: token(), resume: events.resume() }));
    mine.onmessage = message => {
      if (socket !== mine) return;
      hear();
      pause = 500;
      events.onState('open');
      events.onMessage(JSON.parse(message.data as string) as StreamMessage);
    };
    mine.onclose = end => {
      if (socket !== mine) return;
      if (end.code === refusedCode) {
        clearTimeout(watch);
        events.onState('refused');
        return;
      }
      lost();
    };
  };

  const now = () => { pause = 500; open(); };
  addEventListener('online', now);
  addEventListener('pageshow', now);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) now(); });
  open();
}
