import * as vscode from 'vscode';

import type { FunctionTarget } from '../contributions';
import { UserError } from '../core/errors';
import { functionHere, saveModule } from '../host/functionHere';
import { askInSteps, back, inputText, pickSingle } from '../host/quickSteps';
import { findTarget, problemOfFunction } from '../run/findTarget';
import type { CommandParts } from './commandParts';
import { runOptionSteps, type RunAnswers } from './runOptionSteps';

type Parts = Pick<CommandParts, 'runs' | 'follower' | 'settings' | 'state' | 'clusters'>;

const argumentsPrompt = 'Arguments of the function, by name. Quotes keep words together.';

/** Runs one function of a module of the workspace. Without a target it asks, beginning with the one at the cursor. */
export function runFunction(parts: Parts) {
  return async (given?: FunctionTarget): Promise<string> => {
    const here = functionHere();
    const folder = given?.folder?.fsPath ?? (here?.folder ?? (await pickFolder())).uri.fsPath;
    const options = { profile: parts.settings.defaultProfile(folder), args: given?.args ?? [], environment: {} };
    const { text, answers }: Answered =
      given?.function === undefined
        ? await ask(parts, folder, here?.text ?? '')
        : { text: given.function, answers: { options } };
    const target = await findTarget(folder, text);
    if (target.kind === 'function') {
      await saveModule(target.directory, target.module);
    }
    const run = await parts.runs.start({
      target,
      ...answers.options,
      ...(answers.cluster && { cluster: answers.cluster }),
    });
    parts.follower.follow(run, { show: true });
    return run.id;
  };
}

interface Answered {
  text: string;
  answers: RunAnswers;
}

async function ask(parts: Parts, folder: string, first: string): Promise<Answered> {
  const title = 'Run Function on Dask';
  const key = (name: string): string => `function:${folder}#${name}`;
  const remembered = first === '' ? undefined : await parts.state.runOptions(key(first));
  const { steps, answers } = await runOptionSteps(parts, title, argumentsPrompt, remembered, folder);
  let text = first;
  await askInSteps(() => [
    async (position) => {
      const prompt = 'A function as module:function; the module is in the folder of the workspace, or in its src.';
      const answer = await inputText(
        { title, prompt, placeholder: 'jobs.etl:run', value: text, problem: problemOfFunction },
        position,
      );
      if (answer === back) {
        return back;
      }
      text = answer;
      return undefined;
    },
    ...steps,
  ]);
  const answered = answers();
  await parts.state.rememberRunOptions(key(text), answered.options);
  return { text, answers: answered };
}

async function pickFolder(): Promise<vscode.WorkspaceFolder> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const [only, second] = folders;
  if (only === undefined) {
    throw new UserError({
      code: 'noFolder',
      what: 'There is no function to run.',
      why: 'No folder is open.',
      next: 'Open the folder that holds the module.',
    });
  }
  if (second === undefined) {
    return only;
  }
  const items = folders.map((folder) => ({ label: folder.name, description: folder.uri.fsPath, folder }));
  const picked = await pickSingle({ title: 'Run Function on Dask', placeholder: 'Folder of the module', items });
  return picked.folder;
}
