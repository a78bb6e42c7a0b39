import { homedir } from 'node:os';
import * as vscode from 'vscode';

import { settingDefaults, type SettingId, type SettingValues } from '../contributions';
import { Emitter, type Disposable } from '../core/event';
import type { DataprocProfile } from '../core/dataprocProfile';
import type { SignIn } from '../core/googleAccount';
import type { Profile } from '../core/profile';
import { findProfile, parseProfiles, type ProfileContext, type ProfileProblem } from '../core/profileValidation';
import { folderFor } from './workspaceFolder';

/** Where the value of a setting comes from: the last of these that has one counts. */
export type SettingSource = 'default' | 'user' | 'workspace' | vscode.WorkspaceFolder;

/**
 * The settings of this extension, each through the one table of contributions.ts. A workspace of several folders may have
 * others in each: `scope` is the file or folder that they are for, absolute; without it, the file in front counts.
 */
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

  get<K extends SettingId>(id: K, scope?: string): SettingValues[K] {
    return configurationFor(scope).get<SettingValues[K]>(id) ?? settingDefaults[id];
  }

  /** @throws UserError `profileInvalid` or `profileUnknown`, with a button to the line in settings */
  profile(name: string, scope?: string): Profile {
    return findProfile(this.get('dask.profiles', scope), name, contextFor(scope));
  }

  /** Name of the profile that runs use unless they say otherwise; it need not exist. */
  defaultProfile(scope?: string): string {
    return this.get('dask.defaultProfile', scope).trim() || settingDefaults['dask.defaultProfile'];
  }

  profiles(scope?: string): { profiles: ReadonlyMap<string, Profile>; problems: readonly ProfileProblem[] } {
    return parseProfiles(this.get('dask.profiles', scope), contextFor(scope));
  }

  /** What is wrong with profiles, in whichever folder, each thing once. */
  problems(): readonly ProfileProblem[] {
    const all = everyScope().flatMap((scope) => this.profiles(scope).problems);
    return all.filter(({ message }, at) => all.findIndex((one) => one.message === message) === at);
  }

  /** Also of those that cannot be used. */
  profileNames(): readonly string[] {
    const { profiles, problems } = this.profiles();
    return [...new Set([...profiles.keys(), ...problems.map(({ profile }) => profile)])];
  }

  /** Those of all folders, each one once. */
  dataprocProfiles(): readonly DataprocProfile[] {
    const all = everyScope().flatMap((scope) => [...this.profiles(scope).profiles.values()]);
    const different = new Map(all.map((profile) => [JSON.stringify(profile), profile]));
    return [...different.values()].filter((profile) => profile.backend === 'dataproc');
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
  interpreter(scope?: string): string | undefined {
    const { home, workspaceFolder } = contextFor(scope);
    const text = this.get('dask.python.interpreter', scope).trim();
    const path = text.replace(/^~(?=$|[\\/])/, home).replaceAll('${workspaceFolder}', workspaceFolder ?? '');
    return path === '' ? undefined : path;
  }

  /** Writes the default profile where it is set now, or into the user's settings. */
  async setDefaultProfile(name: string): Promise<void> {
    const source = this.source('dask.defaultProfile');
    const target =
      typeof source === 'object'
        ? vscode.ConfigurationTarget.WorkspaceFolder
        : source === 'workspace'
          ? vscode.ConfigurationTarget.Workspace
          : vscode.ConfigurationTarget.Global;
    const resource = typeof source === 'object' ? source.uri : null;
    await vscode.workspace.getConfiguration(undefined, resource).update('dask.defaultProfile', name, target);
  }

  /** Which settings file has the value, or the part of it that `key` names. A folder counts before others if it is in front. */
  source(id: SettingId, key?: string): SettingSource {
    const has = (value: unknown): boolean =>
      value !== undefined &&
      (key === undefined || (typeof value === 'object' && value !== null && Object.hasOwn(value, key)));
    const front = folderFor(undefined);
    // Where one folder is open, its settings are the workspace's.
    const several = vscode.workspace.workspaceFile === undefined ? [] : (vscode.workspace.workspaceFolders ?? []);
    const folder = [...several]
      .sort((a, b) => Number(b === front) - Number(a === front))
      .find(({ uri }) => has(vscode.workspace.getConfiguration(undefined, uri).inspect(id)?.workspaceFolderValue));
    if (folder !== undefined) {
      return folder;
    }
    const found = vscode.workspace.getConfiguration(undefined, null).inspect<unknown>(id);
    if (has(found?.workspaceValue)) {
      return 'workspace';
    }
    return has(found?.globalValue) ? 'user' : 'default';
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

function configurationFor(scope: string | undefined): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(undefined, folderFor(scope)?.uri ?? null);
}

function contextFor(scope: string | undefined): ProfileContext {
  return { home: homedir(), workspaceFolder: folderFor(scope)?.uri.fsPath };
}

/** One for each folder of the workspace; where there is none, one that stands for the window. */
function everyScope(): readonly (string | undefined)[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.length === 0 ? [undefined] : folders.map(({ uri }) => uri.fsPath);
}
