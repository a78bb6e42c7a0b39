/** Colours of the editor's theme that a plot is drawn in. Six hexadecimal digits each, without `#`. */
export interface PlotColours {
  theme: 'dark' | 'light';
  fg: string;
  bg: string;
  grid: string;
}

type Rgb = [red: number, green: number, blue: number];

/** Reads the theme that VS Code has put on the page. */
export function readPlotColours(): PlotColours {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const read = (names: readonly string[], under: Rgb, fallback: Rgb): Rgb => {
    probe.style.color = '';
    probe.style.color = names.reduceRight((rest, name) => `var(${name}${rest === '' ? '' : `, ${rest}`})`, '');
    // A variable that is not set leaves the inherited colour: the fallback tells.
    const known = names.some((name) => getComputedStyle(document.documentElement).getPropertyValue(name) !== '');
    return known ? over(getComputedStyle(probe).color, under) : fallback;
  };
  const bg = read(['--vscode-editor-background'], [255, 255, 255], [255, 255, 255]);
  const dark = luminance(bg) < 0.4;
  const fg = read(['--vscode-editor-foreground', '--vscode-foreground'], bg, dark ? [204, 204, 204] : [51, 51, 51]);
  const contrast = getComputedStyle(document.documentElement).getPropertyValue('--vscode-contrastBorder') !== '';
  const grid = mix(bg, fg, contrast ? 0.4 : 0.18);
  probe.remove();
  return { theme: dark ? 'dark' : 'light', fg: hex(fg), bg: hex(bg), grid: hex(grid) };
}

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

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const at = (index: 0 | 1 | 2): number => Math.round(from[index] + (to[index] - from[index]) * share);
  return [at(0), at(1), at(2)];
}

function luminance([red, green, blue]: Rgb): number {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

function hex(colour: Rgb): string {
  return colour.map((value) => value.toString(16).padStart(2, '0')).join('');
}
