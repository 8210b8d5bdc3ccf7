// A colour of the palette as a canvas takes it: the style sheet's value, resolved for the scheme.
let probe: HTMLElement | null = null;

export function colour(name: string): string {
  if (probe === null) {
    probe = document.createElement('span');
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
