// Agents at work with their last sign of life, and who waits for whom, worst first.
import type { Wait } from '../api.gen';
import { duration, parse, plural, timeFor } from '../model/words';
import * as store from '../store';
import { Command } from './copy';
import { useBeginning } from './more';

const kindWords: Record<Wait['kind'], string> = { review: 'Review', failed: 'Failed', silent: 'Silent', dependency: 'Dependency' };

/** So many rows are shown at once: the waits that a person must act on come first. */
const page = 30;

const PackageLink = ({ feature, id }: { feature: string; id: string }) => (
  <button class="link" onClick={() => { store.chosen.value = { feature, id }; }}>{id} <span class="dim" dir="auto">{feature}</span></button>
);

export function Agents() {
  const board = store.shown.value!;
  const mine = (slug: string) => store.feature.value === '' || store.feature.value === slug;
  const agents = board.agents.filter(one => mine(one.feature));
  const waits = board.waits.filter(one => mine(one.feature));
  const urgent = waits.filter(one => one.urgent).length;
  const [shownAgents, moreAgents] = useBeginning(agents, page);
  const [shownWaits, moreWaits] = useBeginning(waits, page);
  const since = (at: string | null) => (at === null ? 'not known' : duration(store.moment.value - parse(at)));
  return (
    <div class="page">
      <h2>Agents at work</h2>
      {agents.length === 0 ? <p class="empty dim">Nobody works on anything here.</p> : (
        <div class="table" tabIndex={0} role="region" aria-label="Agents at work"><table>
          <thead><tr><th scope="col">Agent</th><th scope="col">Works on</th><th scope="col">For</th><th scope="col">Last sign of life</th><th scope="col">State</th></tr></thead>
          <tbody>{shownAgents.map(one => (
            <tr key={`${one.feature}/${one.wp_id}`}>
              <th scope="row" dir="auto">{one.name}</th><td><PackageLink feature={one.feature} id={one.wp_id} /></td>
              <td>{since(one.since)}</td><td>{since(one.last_sign)}{one.last_sign && one.last_sign !== one.since ? '' : ' (its start)'}</td>
              <td class={one.state === 'working' ? '' : 'bad'}>{one.state === 'working' ? '● working' : `⚠ ${one.state}`}</td>
            </tr>))}
          </tbody>
        </table></div>
      )}
      {moreAgents}
      <h2>Who waits for whom</h2>
      <p class="dim">{waits.length === 0 ? 'Nothing waits.' : `${plural(waits.length, 'wait')}, ${urgent} that a person must act on.`}</p>
      <ul class="waits">{shownWaits.map(one => (
        <li key={`${one.kind}/${one.feature}/${one.wp_id}`} class={one.urgent ? 'urgent' : ''}>
          <p><span class={one.urgent ? 'bad' : 'dim'}>{one.urgent ? '⚠ ' : ''}{kindWords[one.kind]}</span>{' '}
            <PackageLink feature={one.feature} id={one.wp_id} />{one.waiter && <span dir="auto"> ({one.waiter})</span>} waits for {one.waits_for}
            {one.since && <span class="dim"> for {timeFor(store.moment.value - parse(one.since))}</span>}</p>
          {one.command && !store.isPast.value && <Command text={one.command} />}
        </li>))}
      </ul>
      {moreWaits}
    </div>
  );
}
