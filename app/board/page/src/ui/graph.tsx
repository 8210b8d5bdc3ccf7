// What depends on what in one feature: buttons in their places over the lines between them, and the
// same as a list.
import { graphlib, layout } from '@dagrejs/dagre';
import { useEffect, useRef } from 'preact/hooks';
import type { Feature } from '../api.gen';
import { laneSigns, laneWord, plural } from '../model/words';
import * as store from '../store';

const width = 190;
const height = 58;

interface Layout { width: number; height: number; nodes: Map<string, { x: number; y: number }>; edges: { from: string; to: string; path: string }[] }

function arrange(feature: Feature): Layout {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 48, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  const ids = new Set(feature.work_packages.map(wp => wp.id));
  for (const id of ids) graph.setNode(id, { width, height });
  for (const wp of feature.work_packages)
    for (const other of wp.dependencies) if (ids.has(other) && other !== wp.id) graph.setEdge(other, wp.id);
  layout(graph);
  const size = graph.graph() as { width: number; height: number };
  return {
    width: Math.max(size.width, width), height: Math.max(size.height, height),
    nodes: new Map([...ids].map(id => [id, graph.node(id) as { x: number; y: number }])),
    edges: graph.edges().map((edge: { v: string; w: string }) => ({
      from: edge.v, to: edge.w,
      path: `M${(graph.edge(edge) as { points: { x: number; y: number }[] }).points.map(p => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join('L')}`,
    })),
  };
}

/** The dependencies alone decide the places: a move does not lay the graph out anew. */
let arranged: { key: string; layout: Layout } | null = null;
function layoutOf(feature: Feature): Layout {
  const key = JSON.stringify([feature.slug, feature.work_packages.map(wp => [wp.id, wp.dependencies])]);
  if (arranged?.key !== key) arranged = { key, layout: arrange(feature) };
  return arranged.layout;
}

/** A work package with all it depends on and all that depends on it. */
function relatives(edges: Layout['edges'], id: string): Set<string> {
  const found = new Set([id]);
  const walk = (from: string, next: (edge: Layout['edges'][number], at: string) => string | null) => {
    for (const edge of edges) {
      const other = next(edge, from);
      if (other !== null && !found.has(other)) { found.add(other); walk(other, next); }
    }
  };
  walk(id, (edge, at) => (edge.to === at ? edge.from : null));
  walk(id, (edge, at) => (edge.from === at ? edge.to : null));
  return found;
}

export function Graph() {
  const list = store.shown.value?.features ?? [];
  const feature = list.find(one => one.slug === store.feature.value) ??
    list.find(one => one.work_packages.some(wp => wp.counts_as !== 'done' && wp.dependencies.length > 0)) ?? list[0];
  if (!feature) return <p class="empty">There is no feature to draw.</p>;
  return <FeatureGraph feature={feature} />;
}

function FeatureGraph({ feature }: { feature: Feature }) {
  const { width: wide, height: high, nodes, edges } = layoutOf(feature);
  const ref = useRef<HTMLDivElement>(null);
  const picked = store.chosen.value?.feature === feature.slug ? store.chosen.value.id : null;
  const strong = picked !== null && nodes.has(picked) ? relatives(edges, picked) : null;
  const lane = new Map(feature.work_packages.map(wp => [wp.id, wp.counts_as]));
  useEffect(() => {
    // What everything else depends on stands at the top: that is where one begins to read.
    const first = nodes.get(feature.work_packages[0]?.id ?? '');
    const place = ref.current;
    if (place && first) place.scrollTo(first.x - place.clientWidth / 2, first.y - height);
  }, [feature.slug]);
  const withDependencies = feature.work_packages.filter(wp => wp.dependencies.length > 0);
  return (
    <div class="page">
      <h2 dir="auto">Dependencies of {feature.slug}</h2>
      <p class="dim">{plural(feature.work_packages.length, 'work package')}, {edges.length} dependencies; what is not finished yet is dashed.</p>
      <div class="graph" ref={ref} tabIndex={0} role="region" aria-label={`Graph of ${feature.slug}`}>
        <div class="graph-area" style={{ width: `${wide}px`, height: `${high}px` }}>
          <svg width={wide} height={high} aria-hidden="true">
            <defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0L8 4L0 8z" /></marker></defs>
            {edges.map(edge => (
              <path key={`${edge.from}-${edge.to}`} d={edge.path} marker-end="url(#arrow)"
                class={`${lane.get(edge.from) === 'done' ? '' : 'open'}${strong === null ? '' : strong.has(edge.from) && strong.has(edge.to) ? ' strong' : ' pale'}`} />))}
          </svg>
          {feature.work_packages.map(wp => {
            const place = nodes.get(wp.id)!;
            return (
              <button key={wp.id} class={`node lane-${wp.counts_as}${strong === null || strong.has(wp.id) ? '' : ' pale'}`} aria-pressed={picked === wp.id} data-card={`${feature.slug}/${wp.id}`}
                style={{ left: `${place.x - width / 2}px`, top: `${place.y - height / 2}px`, width: `${width}px`, height: `${height}px` }}
                onClick={() => { store.chosen.value = picked === wp.id ? null : { feature: feature.slug, id: wp.id }; }}>
                <span><b>{wp.id}</b> <span class="lane-word"><span aria-hidden="true">{laneSigns[wp.counts_as]}</span> {laneWord(wp.lane)}</span></span>
                <span class="clip" dir="auto">{wp.title}</span>
              </button>);
          })}
        </div>
      </div>
      <details><summary>As a list</summary>
        {withDependencies.length === 0 ? <p>Nothing depends on anything here.</p> : (
          <ul>{withDependencies.map(wp => <li key={wp.id}>{wp.id} depends on {wp.dependencies.join(', ')}{wp.waits_for.length > 0 ? `; waits for ${wp.waits_for.join(', ')}` : ''}</li>)}</ul>)}
      </details>
    </div>
  );
}
