import { CancelledError, UserError } from '../core/errors';
import type { InterpreterSource, Logger } from '../core/ports';
import type { Profile } from '../core/profile';
import { missingPackages, type InterpreterInfo, type Interpreters } from '../machine/interpreter';
import { pythonMissing } from '../machine/interpreterErrors';
import type { SettingValues } from '../contributions';
import type { DaskChoice } from './savedState';
import { SharedQuestions } from './sharedQuestions';

/** What to do about an interpreter that lacks Dask; undefined: nothing, the run is not wanted any more. */
export type MissingDaskAnswer = 'install' | 'chooseAnother' | DaskChoice | undefined;

/** `scope` is the file or folder that an interpreter is for, absolute; undefined: what is in front. */
export interface InterpreterChoices {
  /** The setting `dask.python.interpreter`. */
  configured(scope: string | undefined): string | undefined;
  /** The Python extension's choice. */
  active(scope: string | undefined): Promise<string | undefined>;
  whenDaskIsMissing(scope: string | undefined): SettingValues['dask.python.whenDaskIsMissing'];
  remembered(interpreter: string): DaskChoice | undefined;
  remember(interpreter: string, choice: DaskChoice): Promise<void>;
  /** @param missing names of packages */
  ask(info: InterpreterInfo, missing: readonly string[], signal: AbortSignal): Promise<MissingDaskAnswer>;
  /**
   * Lets the user choose another Python; resolves when that is done or given up.
   * @param profile the name of the profile, where that says which one it is
   */
  chooseInterpreter(profile: string | undefined): Promise<void>;
  /** The cluster will work, its plots will not: bokeh is missing. Nothing waits for an answer. */
  plotsMissing(info: InterpreterInfo): void;
}

export interface EnvironmentBuilder {
  ensure(basePython: string, onProgress: (line: string) => void, signal: AbortSignal): Promise<string>;
  installInto(interpreter: string, onProgress: (line: string) => void, signal: AbortSignal): Promise<void>;
}

/**
 * The Python of a profile: its own, else the setting's, else the Python extension's, else `python3`.
 * Where that lacks Dask, a setting, an earlier answer or the user decides what is done.
 */
export class HostInterpreterSource implements InterpreterSource {
  /** The one that was last found to lack Dask. */
  #lacking: { info: InterpreterInfo; scope: string | undefined } | undefined;
  /** Interpreters whose user chose a managed environment on an error, and what the setting was by then: it counts until that changes. */
  readonly #chosen = new Map<string, SettingValues['dask.python.whenDaskIsMissing']>();
  readonly #questions = new SharedQuestions<MissingDaskAnswer>();

  constructor(
    private readonly interpreters: Pick<Interpreters, 'check' | 'find' | 'forget'>,
    private readonly environments: EnvironmentBuilder,
    private readonly choices: InterpreterChoices,
    private readonly log: Logger,
  ) {}

  async resolve(
    profile: Profile,
    onProgress: (text: string) => void,
    signal: AbortSignal,
    scope?: string,
  ): Promise<string> {
    onProgress('Looking for Python');
    return this.#withDask(await this.#find(profile, signal, scope), profile, onProgress, signal, scope);
  }

  async #withDask(
    info: InterpreterInfo,
    profile: Profile,
    onProgress: (text: string) => void,
    signal: AbortSignal,
    scope: string | undefined,
  ): Promise<string> {
    const needed = missingPackages(info, profile.backend === 'local' ? profile.security : 'none');
    if (needed.length === 0) {
      if (info.bokeh === undefined && profile.backend === 'local') {
        this.choices.plotsMissing(info);
      }
      return info.executable;
    }
    this.#lacking = { info, scope };
    const answer = await this.#decide(info, needed, profile, onProgress, signal, scope);
    switch (answer) {
      case undefined:
        throw new CancelledError();
      case 'managedEnvironment':
        onProgress('Building a Python environment');
        return this.environments.ensure(info.executable, onProgress, signal);
      case 'install':
        onProgress('Installing Dask');
        await this.install(info.executable, onProgress, signal);
        return this.#afterInstall(info.executable, profile, signal);
      case 'chooseAnother': {
        const chosen = await this.#find(profile, signal, scope);
        if (chosen.executable === info.executable) {
          throw new CancelledError();
        }
        return this.#withDask(chosen, profile, onProgress, signal, scope);
      }
    }
  }

  /** The interpreter of a profile where it has all that is needed; undefined where somebody would have to be asked. */
  async usable(profile: Profile, signal: AbortSignal, scope?: string): Promise<string | undefined> {
    const info = await this.#find(profile, signal, scope);
    const missing = missingPackages(info, profile.backend === 'local' ? profile.security : 'none');
    return missing.length === 0 ? info.executable : undefined;
  }

  /** From now on, and at once: an environment of our own instead of the interpreter that lacks Dask. */
  async useManagedEnvironment(onProgress: (text: string) => void, signal: AbortSignal): Promise<void> {
    const { info, scope } = this.#lacking ?? {
      info: await this.#find(undefined, signal, undefined),
      scope: undefined,
    };
    await this.environments.ensure(info.executable, onProgress, signal);
    this.#chosen.set(info.executable, this.choices.whenDaskIsMissing(scope));
    await this.choices.remember(info.executable, 'managedEnvironment');
  }

  async install(interpreter: string, onProgress: (text: string) => void, signal: AbortSignal): Promise<void> {
    await this.environments.installInto(interpreter, onProgress, signal);
    this.interpreters.forget(interpreter);
  }

  async #find(profile: Profile | undefined, signal: AbortSignal, scope: string | undefined): Promise<InterpreterInfo> {
    const chosen = profile?.interpreter ?? this.choices.configured(scope) ?? (await this.#active(scope));
    const info =
      chosen === undefined ? await this.interpreters.find(signal) : await this.interpreters.check(chosen, signal);
    if (info === undefined) {
      throw pythonMissing();
    }
    return info;
  }

  /** Another extension's failure must not keep a run from starting. */
  async #active(scope: string | undefined): Promise<string | undefined> {
    try {
      return await this.choices.active(scope);
    } catch (error) {
      this.log.warn('The Python extension did not say which interpreter is chosen.', error);
      return undefined;
    }
  }

  async #decide(
    info: InterpreterInfo,
    missing: readonly string[],
    profile: Profile,
    onProgress: (text: string) => void,
    signal: AbortSignal,
    scope: string | undefined,
  ): Promise<MissingDaskAnswer> {
    const { executable } = info;
    const setting = this.choices.whenDaskIsMissing(scope);
    if (this.#chosen.get(executable) === setting) {
      return 'managedEnvironment';
    }
    // An answer is remembered for `ask` alone: it does not outlive another choice in the settings.
    const known = setting === 'ask' ? this.choices.remembered(executable) : setting;
    if (known !== undefined) {
      return known;
    }
    onProgress('Waiting for your choice: Dask is missing');
    // Several runs that start together ask once.
    const answer = await this.#questions.ask(executable, signal, async (asking) => {
      const given = await this.choices.ask(info, missing, asking);
      if (given === 'chooseAnother') {
        await this.choices.chooseInterpreter(profile.interpreter === undefined ? undefined : profile.name);
      }
      return given;
    });
    if (answer === 'managedEnvironment') {
      await this.choices.remember(executable, answer);
    }
    return answer;
  }

  async #afterInstall(executable: string, profile: Profile, signal: AbortSignal): Promise<string> {
    const info = await this.interpreters.check(executable, signal);
    const missing = missingPackages(info, profile.backend === 'local' ? profile.security : 'none');
    if (missing.length > 0) {
      throw new UserError({
        code: 'installIncomplete',
        what: `${missing.join(', ')} cannot be imported by ${executable} after the installation.`,
        next: 'Use a managed environment, or another interpreter.',
        buttons: [{ title: 'Use a Managed Environment', action: { kind: 'useManagedEnvironment' } }],
      });
    }
    return info.executable;
  }
}
