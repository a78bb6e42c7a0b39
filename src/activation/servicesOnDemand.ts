import { createRequire } from 'node:module';
import * as vscode from 'vscode';

import { outputChannelName } from '../contributions';
import type * as ServicesBundle from '../services';
import type { Services, ServicesParts } from '../services';

/** The services, whose bundle is loaded when something first needs them. */
export class ServicesOnDemand {
  #built: Services | undefined;
  /** Why there are none. They are not built twice: half of them may be registered already. */
  #failure: { error: unknown } | undefined;

  /** @param before what is done first: what stood in for them must not go on beside them */
  constructor(
    private readonly parts: ServicesParts,
    private readonly before: () => void,
  ) {}

  /** @throws what kept them from being built, each time */
  get(): Services {
    if (this.#failure) {
      throw this.#failure.error;
    }
    try {
      this.#built ??= this.#build();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
    return this.#built;
  }

  /** Undefined after a failure, which is shown then: also for a command that somebody tries once more. */
  shown(): Services | undefined {
    try {
      return this.get();
    } catch (error) {
      show(error, this.parts.context);
      return undefined;
    }
  }

  async leave(): Promise<void> {
    await this.#built?.leave();
  }

  #build(): Services {
    this.before();
    const { Services: Loaded } = createRequire(__filename)('./services.js') as typeof ServicesBundle;
    return new Loaded(this.parts);
  }
}

function show(error: unknown, context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel(outputChannelName, { log: true });
  context.subscriptions.push(log);
  log.error('The extension cannot start:', error instanceof Error ? (error.stack ?? error.message) : String(error));
  const reason = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
  const text = `Dask Cluster Explorer cannot start: ${reason.replace(/\.?$/, '.')} Runs go on without it. Reload the window; if that does not help, install the extension again.`;
  const [reload, showLog] = ['Reload Window', 'Show Log'];
  // A link in the text of others is none here.
  void vscode.window.showErrorMessage(text.replaceAll('](', '] ('), reload, showLog).then((chosen) => {
    if (chosen === reload) {
      void vscode.commands.executeCommand('workbench.action.reloadWindow');
    } else if (chosen === showLog) {
      log.show();
    }
  });
}
