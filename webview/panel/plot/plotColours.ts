import { hex, luminance, mix, over, type PlotColours, type Rgb } from './plotAddress';

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
  const theme = `${contrast ? 'hc-' : ''}${dark ? 'dark' : 'light'}` as const;
  return { theme, fg: hex(fg), bg: hex(bg), grid: hex(grid) };
}
