import type { ThemeChoice } from './dashboardTheme';

/** Styles of the page around the plots: Dask's own pages are black on white. */
export function readabilityStyle(theme: ThemeChoice): string {
  const { foreground, background, grid } = theme;
  const raised = `color-mix(in srgb, ${foreground} 10%, ${background})`;
  const dark = theme.kind.endsWith('dark');
  return `
html { color-scheme: ${dark ? 'dark' : 'light'}; }
html, body { background: ${background} !important; color: ${foreground}; --bokeh-icon-color: ${foreground}; }
.navbar ul, .dropdown-content { background-color: ${raised} !important; }
.navbar li a, .title, .subtitle, .table, .table th, .table td, .content, .content th, strong { color: ${foreground} !important; }
.navbar li.active, .navbar li:hover { background-color: color-mix(in srgb, #eaaa6d 45%, ${background}) !important; }
${dark ? '#navbar-toggle-icon img { filter: invert(1); }' : ''}
.table, .box { background: ${background} !important; }
.table tr, .table th, .table td { background: transparent !important; border-color: ${grid} !important; }
a { color: ${dark ? '#6cb2f5' : '#0b5cad'}; }
pre, code { background: ${raised} !important; color: ${foreground} !important; }`;
}

/** Styles within Bokeh's widgets, each of which has a shadow root of its own. */
export function widgetStyle(theme: ThemeChoice): string {
  const { foreground, background, grid } = theme;
  const raised = `color-mix(in srgb, ${foreground} 10%, ${background})`;
  const active = theme.kind.endsWith('dark') ? '#6cb2f5' : '#0b5cad';
  return `
:host {
  --color: ${foreground}; --background-color: ${background}; --hover-color: ${raised}; --border-color: ${grid};
  --divider-color: ${grid}; --icon-color: ${foreground}; --disabled-color: ${foreground}; --shortcut-color: ${foreground};
  --active-bg: ${raised}; --active-fg: ${active}; --active-border: ${active}; --highlight-color: ${active};
  --inactive-bg: ${raised}; --inactive-fg: ${foreground}; --placeholder-color: ${foreground}; --button-color: ${raised};
  --surface-background-color: ${raised}; --disabled-background-color: ${raised}; --inverted-color: ${background};
  --tooltip-arrow-color: ${background}; --selected: ${raised}; color: ${foreground};
}
.bk-tooltip-row-label { color: ${active} !important; }
.bk-input, select, input, option, textarea { color: ${foreground} !important; background-color: ${background} !important; border-color: ${grid} !important; }
.slick-viewport, .slick-row, .slick-cell, .slick-header, .slick-header-columns, .slick-header-column, .slick-group-totals {
  background-color: ${background} !important; color: ${foreground} !important;
}
.slick-row.odd .slick-cell { background-color: color-mix(in srgb, ${foreground} 5%, ${background}) !important; }
.slick-row:hover .slick-cell, .slick-header-column:hover, .slick-cell.selected { background-color: ${raised} !important; }
.slick-header-columns { border-bottom: 1px solid ${grid} !important; }
pre, code { color: ${foreground}; }
a { color: ${active}; }`;
}
