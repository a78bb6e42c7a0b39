import type { SettingValues } from '../contributions';
import type { ErrorAction } from '../core/errors';
import type { InterpreterInfo } from '../machine/interpreter';
import type { CommandBoundary } from './commandBoundary';
import { askAboutMissingDask, hintMissingPlots } from './daskPrompt';
import { performErrorAction, type ErrorActionParts } from './errorActions';
import type { HostInterpreterSource, InterpreterChoices, MissingDaskAnswer } from './interpreterSource';
import { withNotification } from './progress';
import { activeInterpreter } from './pythonExtension';
import type { DaskChoice, SavedState } from './savedState';
import type { Settings } from './settings';

/** What the choice of an interpreter asks of settings, saved answers, the Python extension and the user. */
export class InterpreterPrompts implements InterpreterChoices, ErrorActionParts {
  constructor(
    private readonly settings: Settings,
    private readonly state: SavedState,
    private readonly boundary: Pick<CommandBoundary, 'run' | 'show'>,
    private readonly source: () => HostInterpreterSource,
  ) {}

  configured(scope: string | undefined): string | undefined {
    return this.settings.interpreter(scope);
  }

  active(scope: string | undefined): Promise<string | undefined> {
    return activeInterpreter(scope);
  }

  whenDaskIsMissing(scope: string | undefined): SettingValues['dask.python.whenDaskIsMissing'] {
    return this.settings.get('dask.python.whenDaskIsMissing', scope);
  }

  remembered(interpreter: string): DaskChoice | undefined {
    return this.state.daskChoice(interpreter);
  }

  remember(interpreter: string, choice: DaskChoice): Promise<void> {
    return this.state.rememberDaskChoice(interpreter, choice);
  }

  ask(info: InterpreterInfo, missing: readonly string[], signal: AbortSignal): Promise<MissingDaskAnswer> {
    return askAboutMissingDask(info, missing, signal);
  }

  chooseInterpreter(profile: string | undefined): Promise<void> {
    const action: ErrorAction =
      profile === undefined
        ? { kind: 'selectInterpreter' }
        : { kind: 'openSettings', setting: 'dask.profiles', path: [profile, 'interpreter'] };
    return performErrorAction(action, this);
  }

  plotsMissing(info: InterpreterInfo): void {
    const hinted = this.state.get('plotsHinted');
    if (hinted.includes(info.executable)) {
      return;
    }
    void this.boundary.run('Install bokeh', async () => {
      await this.state.set('plotsHinted', [...hinted, info.executable]);
      if (await hintMissingPlots(info)) {
        await this.install(info.executable);
      }
    });
  }

  async install(interpreter: string): Promise<void> {
    await withNotification(`Installing Dask into ${interpreter}`, (report, signal) =>
      this.source().install(interpreter, report, signal),
    );
    void this.boundary.show('information', `Dask is installed in ${interpreter}. Run the file again.`, []);
  }

  async useManagedEnvironment(): Promise<void> {
    await withNotification('Building a Python environment', (report, signal) =>
      this.source().useManagedEnvironment(report, signal),
    );
    void this.boundary.show('information', 'The Python environment is ready. Run the file again.', []);
  }
}
