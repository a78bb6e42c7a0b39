import { homedir } from 'node:os';
import * as vscode from 'vscode';

import { settingDefaults, type SettingId, type SettingValues } from '../contributions';
import { Emitter, type Disposable } from '../core/event';
import type { DataprocProfile } from '../core/dataprocProfile';
import type { SignIn } from '../core/googleAccount';
import type { Profile } from '../core/profile';
import { findProfile, parseProfiles, type ProfileContext, type ProfileProblem } from '../core/profileValidation';

/** Where the value of a setting comes from: the last of these that has one counts. */
export type SettingSource = 'default' | 'user' | 'workspace' | 'folder';

/** The settings of this extension, each through the one table of contributions.ts. */
export class Settings implements Disposable {
  readonly #changed = new Emitter<SettingId>();
  readonly #subscription: vscode.Disposable;

  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      for (const id of Object.keys(settingDefaults) as SettingId[]) {
        if (event.affectsConfiguration(id)) {
          this.#changed.fire(id);
        }
      }
    });
  }

  get<K extends SettingId>(id: K): SettingValues[K] {
    return vscode.workspace.getConfiguration().get<SettingValues[K]>(id) ?? settingDefaults[id];
  }

  /** @throws UserError `profileInvalid` or `profileUnknown`, with a button to the line in settings */
  profile(name: string): Profile {
    return findProfile(this.get('dask.profiles'), name, this.#context());
  }

  /** Name of the profile that runs use unless they say otherwise; it need not exist. */
  get defaultProfile(): string {
    return this.get('dask.defaultProfile').trim() || settingDefaults['dask.defaultProfile'];
  }

  profiles(): { profiles: ReadonlyMap<string, Profile>; problems: readonly ProfileProblem[] } {
    return parseProfiles(this.get('dask.profiles'), this.#context());
  }

  /** Also of those that cannot be used. */
  profileNames(): readonly string[] {
    const { profiles, problems } = this.profiles();
    return [...new Set([...profiles.keys(), ...problems.map(({ profile }) => profile)])];
  }

  dataprocProfiles(): readonly DataprocProfile[] {
    return [...this.profiles().profiles.values()].filter((profile) => profile.backend === 'dataproc');
  }

  /** Git, as VS Code's own setting has it; else what is on `PATH`. */
  get gitPath(): string {
    const paths: unknown = vscode.workspace.getConfiguration('git').get('path');
    const first: unknown = Array.isArray(paths) ? paths[0] : paths;
    return typeof first === 'string' && first !== '' ? first : 'git';
  }

  /** Whom Google Cloud is asked as. */
  get signIn(): SignIn {
    const source = this.get('dask.google.signIn');
    const account = this.get('dask.google.account').trim();
    if (source === 'applicationDefault') {
      return { source };
    }
    return { ...(source === 'gcloud' && { source }), ...(account !== '' && { account }) };
  }

  /** Writes whom Google Cloud is asked as into the user's settings: no workspace decides that. */
  async setSignIn({ source, account }: SignIn): Promise<void> {
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update('dask.google.account', account, vscode.ConfigurationTarget.Global);
    await configuration.update('dask.google.signIn', source, vscode.ConfigurationTarget.Global);
  }

  /** Absolute path, or undefined when the setting is empty. */
  get interpreter(): string | undefined {
    const { home, workspaceFolder } = this.#context();
    const text = this.get('dask.python.interpreter').trim();
    const path = text.replace(/^~(?=$|[\\/])/, home).replaceAll('${workspaceFolder}', workspaceFolder ?? '');
    return path === '' ? undefined : path;
  }

  /** Writes the default profile where it is set now, or into the user's settings. */
  async setDefaultProfile(name: string): Promise<void> {
    const target =
      this.source('dask.defaultProfile') === 'workspace'
        ? vscode.ConfigurationTarget.Workspace
        : vscode.ConfigurationTarget.Global;
    await vscode.workspace.getConfiguration().update('dask.defaultProfile', name, target);
  }

  /** Which settings file has the value, or the part of it that `key` names. */
  source(id: SettingId, key?: string): SettingSource {
    const found = vscode.workspace.getConfiguration().inspect<unknown>(id);
    const has = (value: unknown): boolean =>
      value !== undefined &&
      (key === undefined || (typeof value === 'object' && value !== null && Object.hasOwn(value, key)));
    if (has(found?.workspaceFolderValue)) {
      return 'folder';
    }
    if (has(found?.workspaceValue)) {
      return 'workspace';
    }
    return has(found?.globalValue) ? 'user' : 'default';
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #context(): ProfileContext {
    return { home: homedir(), workspaceFolder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath };
  }
}
