// Which rows of a long list are on the screen.
import { useEffect, useRef, useState } from 'preact/hooks';

/** `from` to `to` of `count` rows of `height` pixels, for the scroller that `ref` is given to; `spare` rows above
 * and below are there before they are scrolled to. */
export function useWindow(count: number, height: number, spare = 3) {
  const ref = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ from: 0, to: Math.ceil(innerHeight / height) });
  useEffect(() => {
    const scroller = ref.current;
    if (!scroller) return;
    const look = () => {
      const from = Math.max(0, Math.floor(scroller.scrollTop / height) - spare);
      const to = Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + spare;
      setRange(before => (before.from === from && before.to === to ? before : { from, to }));
    };
    look();
    scroller.addEventListener('scroll', look, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(scroller);
    return () => { scroller.removeEventListener('scroll', look); sizes.disconnect(); };
  }, [height, spare]);
  return { ref, from: Math.min(range.from, count), to: Math.min(range.to, count) };
}
