export interface BrowserEditor {
  url: string;
  authority: string;
  /** Goes into the first URL as `key`. */
  secret: string;
  /** The editor's user data folder. */
  userData: string;
  pid: number;
  stop(): Promise<void>;
}

export function startBrowserEditor(options: {
  home: string;
  vsix: readonly string[];
  port?: number;
  settings?: Record<string, unknown>;
  env?: Record<string, string>;
  /** No folder has to be trusted first; default true. */
  trustEverything?: boolean;
  testDriver?: boolean;
}): Promise<BrowserEditor>;

export function workbenchUrl(
  editor: { url: string; authority: string; secret?: string },
  what: { folder?: string; extension?: string; tests?: string },
): string;
