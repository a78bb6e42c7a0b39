import { basename } from 'node:path';
import type { GitTarget } from '../contributions';
import type { CodeOrigin, CodeReference } from '../core/run';
import { withNotification } from '../host/progress';
import { askInSteps, back, inputText, pickLoaded } from '../host/quickSteps';
import { folderFor } from '../host/workspaceFolder';
import { findTarget, problemOfTarget } from '../run/findTarget';
import type { CommandParts } from './commandParts';
import { runOptionSteps, type RunAnswers } from './runOptionSteps';

type Parts = Pick<CommandParts, 'runs' | 'follower' | 'settings' | 'state' | 'clusters' | 'checkouts'>;

const title = 'Run from Git on Dask';

/** What is run, and how. */
interface Answered {
  text: string;
  answers: RunAnswers;
}

/** Runs a file or a function of a git repository as it is at a branch, a tag or a commit. Without a target it asks. */
export function runFromGit(parts: Parts) {
  return async (given?: GitTarget): Promise<string> => {
    const reference = given?.repository === undefined ? await askReference(parts) : referenceOf(given);
    const origin = await fetchCode(parts, reference);
    const { text, answers }: Answered =
      given?.run === undefined
        ? await askTarget(parts, origin)
        : { text: given.run, answers: { options: optionsOf(parts, given) } };
    const target = await findTarget(origin.folder, text);
    const { options, cluster } = answers;
    const run = await parts.runs.start({ target, origin, ...options, ...(cluster && { cluster }) });
    parts.follower.follow(run, { show: true });
    return run.id;
  };
}

/** Fetches what a run is of, under a notification that can be cancelled. */
export async function fetchCode(
  { checkouts }: Pick<CommandParts, 'checkouts'>,
  reference: CodeReference,
): Promise<CodeOrigin> {
  const { repository, ref } = reference;
  const name = basename(repository.replace(/\/+$/, '')).replace(/\.git$/, '');
  return withNotification(`Fetching ${ref === '' ? name : `${ref} of ${name}`}`, (_report, signal) =>
    checkouts.fetch(reference, signal),
  );
}

function referenceOf({ repository = '', ref = '' }: GitTarget): CodeReference {
  return { repository, ref };
}

function optionsOf({ settings }: Parts, { profile, args = [] }: GitTarget): RunAnswers['options'] {
  return { profile: profile ?? settings.defaultProfile(), args, environment: {} };
}

async function askReference({ state, checkouts }: Parts): Promise<CodeReference> {
  const last = state.get('lastCode');
  let repository = last.repository === '' ? await workspaceRemote(checkouts) : last.repository;
  let { ref } = last;
  await askInSteps(() => [
    async (position) => {
      const answer = await inputText(
        {
          title,
          prompt: 'URL or whole path of the repository.',
          placeholder: 'https://git.example.com/team/jobs.git',
          value: repository,
          problem: (text) => checkouts.problemOfRepository(text.trim()),
        },
        position,
      );
      if (answer === back) {
        return back;
      }
      repository = answer.trim();
      return undefined;
    },
    async (position) => {
      const answer = await inputText(
        {
          title,
          prompt: 'Branch, tag or commit. Nothing: the default branch.',
          placeholder: 'main',
          value: ref,
          problem: (text) => checkouts.problemOfRef(text.trim()),
        },
        position,
      );
      if (answer === back) {
        return back;
      }
      ref = answer.trim();
      return undefined;
    },
  ]);
  await state.set('lastCode', { ...last, repository, ref });
  return { repository, ref };
}

async function askTarget(parts: Parts, { repository, commit, folder }: CodeOrigin): Promise<Answered> {
  const { state, checkouts } = parts;
  const last = state.get('lastCode');
  const key = (name: string): string => `git:${repository}#${name}`;
  const { steps, answers } = await runOptionSteps(
    parts,
    title,
    'Arguments of the script, or of the function by name. Quotes keep words together.',
    last.run === '' ? undefined : await state.runOptions(key(last.run)),
  );
  let text = last.run;
  await askInSteps(() => [
    async (position) => {
      const answer = await pickLoaded<string>(
        {
          title: `${title}: ${commit.slice(0, 7)}`,
          placeholder: 'A file, or type a function as module:function',
          load: async (signal) =>
            (await checkouts.pythonFiles(folder, signal)).map((path) => ({ label: path, value: path })),
          isActive: (path) => path === text,
          explain: (error) => (error instanceof Error ? error.message : String(error)),
          typed: (typed) => {
            const problem = problemOfTarget(typed);
            return problem === undefined ? { value: typed } : { problem };
          },
        },
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
  await state.set('lastCode', { ...state.get('lastCode'), run: text });
  await state.rememberRunOptions(key(text), answered.options);
  return { text, answers: answered };
}

/** What the workspace itself comes from: often it is a state of that which is to run. */
async function workspaceRemote(checkouts: Parts['checkouts']): Promise<string> {
  const folder = folderFor(undefined);
  if (folder?.uri.scheme !== 'file') {
    return '';
  }
  const remote = await checkouts.remoteOf(folder.uri.fsPath, new AbortController().signal);
  return remote === undefined || checkouts.problemOfRepository(remote) !== undefined ? '' : remote;
}
