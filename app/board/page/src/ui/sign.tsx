// A sign on a button, and the word that stands for it: seen by some, read by others.
export const Sign = ({ sign, word }: { sign: string; word: string }) => (
  <><span aria-hidden="true">{sign}</span><span class="hidden">{word}</span></>
);
