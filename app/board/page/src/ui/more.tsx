// A long list shows its beginning, and more where somebody asks for it.
import { useState } from 'preact/hooks';

/** The first rows of `list`, and a button for more of them; nothing where all are shown. */
export function useBeginning<Row>(list: Row[], size: number): [Row[], preact.JSX.Element | null] {
  const [limit, setLimit] = useState(size);
  const rest = list.length - limit;
  return [list.slice(0, limit), rest > 0 ? <button class="older" onClick={() => setLimit(limit + 4 * size)}>{rest} more</button> : null];
}
