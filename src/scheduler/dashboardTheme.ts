import { readabilityScript } from './readabilityScript';
import { readabilityStyle } from './readabilityStyle';

/** Colours that a dashboard page is drawn in. */
export interface ThemeChoice {
  kind: 'dark' | 'light' | 'hc-dark' | 'hc-light';
  /** `#rrggbb` */
  foreground: string;
  background: string;
  /** Lines of grids and borders. */
  grid: string;
}

const defaults: Readonly<Record<ThemeChoice['kind'], Omit<ThemeChoice, 'kind'>>> = {
  dark: { foreground: '#cccccc', background: '#1e1e1e', grid: '#454545' },
  light: { foreground: '#3b3b3b', background: '#ffffff', grid: '#d4d4d4' },
  'hc-dark': { foreground: '#ffffff', background: '#000000', grid: '#6fc3df' },
  'hc-light': { foreground: '#292929', background: '#ffffff', grid: '#0f4a85' },
};

const parameters = ['theme', 'fg', 'bg', 'grid'];

/** The theme that a query asks for (`theme=dark&fg=cccccc`); undefined when it names none. */
export function themeIn(query: string): ThemeChoice | undefined {
  const given = new URLSearchParams(query);
  const kind = given.get('theme');
  if (kind !== 'dark' && kind !== 'light' && kind !== 'hc-dark' && kind !== 'hc-light') {
    return undefined;
  }
  const colour = (name: string, fallback: string): string => {
    const value = given.get(name) ?? '';
    return /^[0-9a-f]{6}$/i.test(value) ? `#${value}` : fallback;
  };
  return {
    kind,
    foreground: colour('fg', defaults[kind].foreground),
    background: colour('bg', defaults[kind].background),
    grid: colour('grid', defaults[kind].grid),
  };
}

/** The query as the scheduler gets it: with nothing of ours. */
export function withoutTheme(query: string): string {
  const given = new URLSearchParams(query);
  parameters.forEach((name) => given.delete(name));
  return given.toString();
}

/**
 * A page of Dask's as it can be served anywhere: Bokeh writes absolute paths where the scheduler has a prefix.
 * @param prefix the scheduler's path, such as `/SECRET`; empty for none
 * @param toRoot relative way from the page to the base, such as `../`
 */
export function relocated(html: string, prefix: string, toRoot: string): string {
  return html.replaceAll(new RegExp(`(\\b(?:src|href|action)=["'])${escaped(prefix)}/(?!/)`, 'g'), `$1${toRoot}`);
}

/** The page with what makes it readable in a theme, before Bokeh's own scripts. */
export function themed(html: string, theme: ThemeChoice): string {
  const added = `<style>${readabilityStyle(theme)}</style><script>${readabilityScript(theme)}</script>`;
  const head = /<head[^>]*>/i.exec(html);
  return head === null
    ? added + html
    : html.slice(0, head.index + head[0].length) + added + html.slice(head.index + head[0].length);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
