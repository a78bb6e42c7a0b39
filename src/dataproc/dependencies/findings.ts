import { UserError } from '../../core/errors';

/** What machines cannot install as it is written. */
export interface Problem {
  /** As people know it: `requirements.txt`. */
  file: string;
  /** 1-based. */
  line: number;
  /** What is wrong, as a sentence that begins after file and line. */
  why: string;
  /** What to do, as a sentence. */
  next: string;
}

/** What was found in the files of a profile. */
export interface Findings {
  problems: readonly Problem[];
  /** What is installed otherwise than it is written, as sentences for the receipt. */
  notes: readonly string[];
}

/** Problems that are told one by one. */
const told = 8;

/** Those that are there whatever the machines' Python is. */
export function commonTo(all: readonly Findings[]): Findings {
  const [first = { problems: [], notes: [] }, ...others] = all;
  const key = ({ file, line }: Problem): string => `${file}:${line}`;
  return {
    problems: first.problems.filter((problem) =>
      others.every(({ problems }) => problems.some((other) => key(other) === key(problem))),
    ),
    notes: first.notes.filter((note) => others.every(({ notes }) => notes.includes(note))),
  };
}

export function notInstallable(profile: string, problems: readonly Problem[]): UserError {
  const named = problems.slice(0, told).map(({ file, line, why }) => `${file}, line ${line}: ${why}`);
  const more = problems.length > told ? [`There are ${problems.length - told} more such lines.`] : [];
  return new UserError({
    code: 'requirementsNotInstallable',
    what: `The machines cannot install the packages of the profile "${profile}", so nothing was uploaded or created.`,
    why: [...named, ...more].join(' '),
    next: [...new Set(problems.map(({ next }) => next))].join(' '),
    buttons: [
      {
        title: 'Open settings',
        action: { kind: 'openSettings', setting: 'dask.profiles', path: [profile, 'packages', 'requirements'] },
      },
    ],
  });
}
