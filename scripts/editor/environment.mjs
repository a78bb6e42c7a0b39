/** What an outer VS Code or npm has set must not reach the one that a script starts. */
export function cleanEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$|npm_|PORT$|PASSWORD$)/.test(name),
    ),
  );
}

/** Under test no editor asks a marketplace: port 9 of this machine discards. */
export const offline = {
  EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: 'http://127.0.0.1:9/', itemUrl: 'http://127.0.0.1:9/' }),
};
