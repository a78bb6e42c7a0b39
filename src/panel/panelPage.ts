import * as vscode from 'vscode';
import { panelHtml } from './panelHtml';

/** The page in a panel's webview. Frames from elsewhere need another policy, and so another page: it restores itself. */
export class PanelPage {
  readonly #webview: vscode.Webview;
  readonly #folder: vscode.Uri;
  #shown: { frames: string | undefined } | undefined;

  constructor(webview: vscode.Webview, extensionUri: vscode.Uri) {
    this.#webview = webview;
    this.#folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [this.#folder] };
  }

  get shown(): boolean {
    return this.#shown !== undefined;
  }

  /** Makes a page where there is none, or none that may have these frames. True when it did: it begins with `ready`. */
  show(frames: string | undefined): boolean {
    if (this.#shown && (this.#shown.frames === frames || frames === undefined)) {
      return false;
    }
    this.#shown = { frames };
    const resource = (name: string): string =>
      this.#webview.asWebviewUri(vscode.Uri.joinPath(this.#folder, name)).toString();
    this.#webview.html = panelHtml({
      source: this.#webview.cspSource,
      script: resource('panel.js'),
      style: resource('panel.css'),
      ...(frames === undefined ? {} : { frames }),
    });
    return true;
  }
}
