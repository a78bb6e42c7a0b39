import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { DaskApi, Run, RunFileOptions, RunResult } from '../../../src/api';

/** A Python with Dask: set by the test scripts. */
export function testPython(): string {
  const python = process.env['DASK_TEST_PYTHON'];
  assert.ok(python, 'DASK_TEST_PYTHON is not set');
  return python;
}

export async function daskApi(): Promise<DaskApi> {
  const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
  assert.ok(extension, 'The extension is not there');
  return (await extension.activate()) as DaskApi;
}

export function workspaceFolder(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'No folder is open');
  return folder.uri.fsPath;
}

/** Writes a script; `name` is relative to the workspace, or absolute. */
export function script(name: string, text: string): vscode.Uri {
  const file = path.resolve(workspaceFolder(), name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return vscode.Uri.file(file);
}

/** Small clusters: tests run many, and on small machines. */
const profiles = {
  test: { backend: 'local', workers: 1, threadsPerWorker: 1, idleTimeout: 60 },
  kept: { backend: 'local', workers: 1, threadsPerWorker: 1, idleTimeout: 60, afterRun: 'keep' },
};

/** Sets `dask.profiles`, and `test` as the default profile. */
export async function useProfiles(more: Record<string, unknown> = {}): Promise<void> {
  await setting('dask.profiles', { ...profiles, ...more });
  await setting('dask.defaultProfile', 'test');
}

export async function setting(name: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration().update(name, value, vscode.ConfigurationTarget.Global);
}

export interface Outcome {
  run: Run;
  result: RunResult;
  text: string;
}

/** Runs a file to the end of the run, with all its output. */
export async function runToEnd(uri: vscode.Uri, options: RunFileOptions = {}): Promise<Outcome> {
  const api = await daskApi();
  return outcome(await api.runFile(uri, options));
}

export async function outcome(run: Run): Promise<Outcome> {
  let text = '';
  for await (const part of run.output()) {
    text += part;
  }
  const result = await run.completed;
  await run.ended;
  return { run, result, text };
}

/** Runs a file by the command that a right click calls, and finds the run. */
export async function runByCommand(uri: vscode.Uri): Promise<Run> {
  const id = await vscode.commands.executeCommand<string | undefined>('dask.run.file', uri);
  const run = (await daskApi()).runs().find((one) => one.id === id);
  assert.ok(run, 'The command started no run');
  return run;
}

/** Waits for output that matches. */
export async function outputHas(run: Run, pattern: RegExp): Promise<string> {
  let text = '';
  for await (const part of run.output()) {
    text += part;
    if (pattern.test(text)) {
      return text;
    }
  }
  throw new assert.AssertionError({ message: `The output ended without ${String(pattern)}: ${text}` });
}

/** Looks again and again until `look` gives something. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  seconds = 30,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
    if (Date.now() > end) {
      throw new assert.AssertionError({ message: `Waited ${seconds} s for ${what}` });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
