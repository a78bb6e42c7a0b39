/** Colours of the editor's theme that a plot is drawn in. Six hexadecimal digits each, without `#`. */
export interface PlotColours {
  theme: 'dark' | 'light' | 'hc-dark' | 'hc-light';
  fg: string;
  bg: string;
  grid: string;
}

export type Rgb = [red: number, green: number, blue: number];

/** Address of one plot in these colours. */
export function plotAddress(base: string, path: string, colours: PlotColours): string {
  return `${base}${path}?${new URLSearchParams({ ...colours }).toString()}`;
}

/** A computed colour, `rgb(…)` or `rgba(…)`, laid over an opaque one. */
export function over(colour: string, under: Rgb): Rgb {
  const numbers = (colour.match(/[\d.]+/g) ?? []).map(Number);
  // `color(srgb …)` gives shares of one.
  const factor = colour.startsWith('color(') ? 255 : 1;
  const [red = 0, green = 0, blue = 0, alpha = 1] = numbers;
  return mix(under, [red * factor, green * factor, blue * factor], alpha);
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const at = (index: 0 | 1 | 2): number => Math.round(from[index] + (to[index] - from[index]) * share);
  return [at(0), at(1), at(2)];
}

export function luminance([red, green, blue]: Rgb): number {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

export function hex(colour: Rgb): string {
  return colour.map((value) => value.toString(16).padStart(2, '0')).join('');
}
