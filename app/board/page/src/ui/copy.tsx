// A command to type, with a button that copies it.
import { useState } from 'preact/hooks';

export function Command({ text }: { text: string }) {
  const [done, setDone] = useState('');
  const copy = () => {
    navigator.clipboard.writeText(text).then(() => setDone('Copied'), () => setDone('Select it and copy'));
    setTimeout(() => setDone(''), 2_000);
  };
  return (
    <div class="command">
      <code>{text}</code>
      <button onClick={copy} aria-label={`Copy: ${text}`}>{done || 'Copy'}</button>
    </div>
  );
}
