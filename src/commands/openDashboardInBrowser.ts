import * as vscode from 'vscode';

import type { ClusterTarget } from '../contributions';
import { UserError } from '../core/errors';
import type { DashboardProxy } from '../core/ports';
import type { CommandParts } from './commandParts';
import { isLive, pickCluster } from './pickCluster';

/** Opens the whole dashboard in a browser, through the same proxy that the panel uses. */
export class OpenDashboardInBrowser implements vscode.Disposable {
  /** Open for as long as a page in a browser may want it: to the end of this window. */
  readonly #proxies = new Map<string, DashboardProxy>();

  constructor(private readonly parts: Pick<CommandParts, 'clusters' | 'backend' | 'dashboards'>) {}

  async run(target?: ClusterTarget): Promise<void> {
    const { cluster } = await pickCluster(this.parts, target, {
      title: 'Open Dashboard in Browser',
      none: 'No cluster is running.',
      which: isLive,
    });
    const endpoint = await this.parts.backend(cluster.backend).scheduler(cluster, new AbortController().signal);
    if (endpoint.httpUrl === undefined || !endpoint.dashboard) {
      throw new UserError({
        code: 'noDashboard',
        what: `${cluster.name} has no dashboard.`,
        why:
          endpoint.httpUrl === undefined
            ? 'Its scheduler serves no web pages.'
            : 'bokeh is not installed where its scheduler runs.',
        next: 'Install bokeh there, and start the cluster again.',
      });
    }
    const proxy = this.#proxies.get(endpoint.httpUrl) ?? (await this.parts.dashboards.open(endpoint));
    this.#proxies.set(endpoint.httpUrl, proxy);
    const base = await vscode.env.asExternalUri(vscode.Uri.parse(`http://127.0.0.1:${proxy.port}/`));
    this.parts.dashboards.allowHost(base.authority);
    const path = `${base.path.replace(/\/$/, '')}/${proxy.secret}/status`;
    await vscode.env.openExternal(base.with({ path }));
  }

  dispose(): void {
    for (const proxy of this.#proxies.values()) {
      proxy.dispose();
    }
    this.#proxies.clear();
  }
}
