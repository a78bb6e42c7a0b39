export type ThemeName = 'dark' | 'light' | 'hcDark' | 'hcLight';

export interface Theme {
  /** Class that VS Code puts on the body of a webview. */
  bodyClass: string;
  /** Values of `--vscode-…`, as its own themes of that kind have them. */
  variables: Record<string, string>;
}

const fonts = {
  'font-family': 'system-ui, "DejaVu Sans", sans-serif',
  'font-size': '13px',
  'editor-font-family': '"DejaVu Sans Mono", monospace',
  'editor-font-size': '14px',
};

const darkTerminal = {
  'terminal-ansiBlack': '#000000',
  'terminal-ansiRed': '#cd3131',
  'terminal-ansiGreen': '#0dbc79',
  'terminal-ansiYellow': '#e5e510',
  'terminal-ansiBlue': '#2472c8',
  'terminal-ansiMagenta': '#bc3fbc',
  'terminal-ansiCyan': '#11a8cd',
  'terminal-ansiWhite': '#e5e5e5',
  'terminal-ansiBrightBlack': '#666666',
  'terminal-ansiBrightRed': '#f14c4c',
  'terminal-ansiBrightGreen': '#23d18b',
  'terminal-ansiBrightYellow': '#f5f543',
  'terminal-ansiBrightBlue': '#3b8eea',
  'terminal-ansiBrightMagenta': '#d670d6',
  'terminal-ansiBrightCyan': '#29b8db',
  'terminal-ansiBrightWhite': '#e5e5e5',
};

const lightTerminal = {
  'terminal-ansiBlack': '#000000',
  'terminal-ansiRed': '#cd3131',
  'terminal-ansiGreen': '#107c10',
  'terminal-ansiYellow': '#949800',
  'terminal-ansiBlue': '#0451a5',
  'terminal-ansiMagenta': '#bc05bc',
  'terminal-ansiCyan': '#0598bc',
  'terminal-ansiWhite': '#555555',
  'terminal-ansiBrightBlack': '#666666',
  'terminal-ansiBrightRed': '#cd3131',
  'terminal-ansiBrightGreen': '#14ce14',
  'terminal-ansiBrightYellow': '#b5ba00',
  'terminal-ansiBrightBlue': '#0451a5',
  'terminal-ansiBrightMagenta': '#bc05bc',
  'terminal-ansiBrightCyan': '#0598bc',
  'terminal-ansiBrightWhite': '#a5a5a5',
};

const dark = {
  ...fonts,
  ...darkTerminal,
  foreground: '#cccccc',
  descriptionForeground: '#9d9d9d',
  disabledForeground: '#cccccc80',
  errorForeground: '#f85149',
  focusBorder: '#0078d4',
  'icon-foreground': '#cccccc',
  'editor-background': '#1f1f1f',
  'editor-foreground': '#cccccc',
  'editor-selectionBackground': '#264f78',
  'editor-findMatchBackground': '#9e6a03',
  'editor-findMatchHighlightBackground': '#ea5c0055',
  'editorLineNumber-foreground': '#6e7681',
  'editorWidget-background': '#202020',
  'editorWidget-foreground': '#cccccc',
  'editorInfo-foreground': '#3794ff',
  'editorGroup-dropBackground': '#53595d80',
  'widget-border': '#313131',
  'widget-shadow': '#0000005c',
  'panel-border': '#2b2b2b',
  'sideBarSectionHeader-background': '#181818',
  'sideBarSectionHeader-border': '#2b2b2b',
  'sideBarSectionHeader-foreground': '#cccccc',
  'sash-hoverBorder': '#0078d4',
  'toolbar-hoverBackground': '#5a5d5e50',
  'button-background': '#0078d4',
  'button-foreground': '#ffffff',
  'button-hoverBackground': '#026ec1',
  'button-border': '#ffffff12',
  'button-secondaryBackground': '#313131',
  'button-secondaryForeground': '#cccccc',
  'button-secondaryHoverBackground': '#3c3c3c',
  'input-background': '#313131',
  'input-foreground': '#cccccc',
  'input-border': '#3c3c3c',
  'input-placeholderForeground': '#989898',
  'inputOption-activeBackground': '#2489db82',
  'inputOption-activeBorder': '#2488db',
  'inputOption-activeForeground': '#ffffff',
  'dropdown-background': '#313131',
  'dropdown-foreground': '#cccccc',
  'dropdown-border': '#3c3c3c',
  'menu-background': '#1f1f1f',
  'menu-foreground': '#cccccc',
  'menu-border': '#454545',
  'menu-selectionBackground': '#0078d4',
  'menu-selectionForeground': '#ffffff',
  'menu-separatorBackground': '#454545',
  'notifications-background': '#1f1f1f',
  'notifications-foreground': '#cccccc',
  'notifications-border': '#2b2b2b',
  'terminal-foreground': '#cccccc',
  'testing-iconPassed': '#73c991',
  'testing-iconFailed': '#f14c4c',
  'textLink-activeForeground': '#4daafc',
};

const light = {
  ...dark,
  ...lightTerminal,
  foreground: '#3b3b3b',
  descriptionForeground: '#3b3b3b',
  disabledForeground: '#61616180',
  errorForeground: '#f85149',
  focusBorder: '#005fb8',
  'icon-foreground': '#3b3b3b',
  'editor-background': '#ffffff',
  'editor-foreground': '#3b3b3b',
  'editor-selectionBackground': '#add6ff',
  'editor-findMatchBackground': '#a8ac94',
  'editorWidget-background': '#f8f8f8',
  'editorWidget-foreground': '#3b3b3b',
  'widget-border': '#e5e5e5',
  'widget-shadow': '#00000029',
  'panel-border': '#e5e5e5',
  'sideBarSectionHeader-background': '#f8f8f8',
  'sideBarSectionHeader-border': '#e5e5e5',
  'sideBarSectionHeader-foreground': '#3b3b3b',
  'sash-hoverBorder': '#005fb8',
  'toolbar-hoverBackground': '#b8b8b850',
  'button-background': '#005fb8',
  'button-hoverBackground': '#0258a8',
  'button-secondaryBackground': '#e5e5e5',
  'button-secondaryForeground': '#3b3b3b',
  'button-secondaryHoverBackground': '#cccccc',
  'input-background': '#ffffff',
  'input-foreground': '#3b3b3b',
  'input-border': '#cecece',
  'inputOption-activeBackground': '#bed6ed',
  'inputOption-activeBorder': '#005fb8',
  'inputOption-activeForeground': '#000000',
  'dropdown-background': '#ffffff',
  'dropdown-foreground': '#3b3b3b',
  'dropdown-border': '#cecece',
  'menu-background': '#ffffff',
  'menu-foreground': '#3b3b3b',
  'menu-border': '#cecece',
  'menu-selectionBackground': '#005fb8',
  'menu-separatorBackground': '#cecece',
  'notifications-background': '#ffffff',
  'notifications-foreground': '#3b3b3b',
  'notifications-border': '#e5e5e5',
  'terminal-foreground': '#3b3b3b',
  'textLink-activeForeground': '#005fb8',
};

/** High contrast leaves out most colours of surfaces and draws borders. */
function highContrast(
  base: Record<string, string>,
  colours: { fg: string; bg: string; border: string; focus: string },
) {
  const { fg, bg, border, focus } = colours;
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (/ground$/i.test(name) && !name.startsWith('terminal-ansi')) {
      variables[name] = /background$/i.test(name) ? bg : fg;
    } else if (/border$/i.test(name)) {
      variables[name] = border;
    } else {
      variables[name] = value;
    }
  }
  delete variables['toolbar-hoverBackground'];
  return {
    ...variables,
    focusBorder: focus,
    contrastBorder: border,
    contrastActiveBorder: focus,
    'toolbar-hoverOutline': focus,
    'menu-selectionBorder': focus,
    'inputOption-activeBorder': focus,
    'editor-selectionBackground': fg,
    'editor-selectionForeground': bg,
  };
}

export const themes: Record<ThemeName, Theme> = {
  dark: { bodyClass: 'vscode-dark', variables: dark },
  light: { bodyClass: 'vscode-light', variables: light },
  hcDark: {
    bodyClass: 'vscode-high-contrast',
    variables: highContrast(dark, { fg: '#ffffff', bg: '#000000', border: '#6fc3df', focus: '#f38518' }),
  },
  hcLight: {
    bodyClass: 'vscode-high-contrast vscode-high-contrast-light',
    variables: highContrast(light, { fg: '#292929', bg: '#ffffff', border: '#0f4a85', focus: '#006bbd' }),
  },
};
