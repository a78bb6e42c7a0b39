import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DataprocProfile } from '../../core/dataprocProfile';
import { UserError } from '../../core/errors';
import { isMissing } from '../../machine/jsonFile';
import { ourPins, pythonsOf } from './clusterPython';
import { commonTo, notInstallable, type Findings, type Problem } from './findings';
import { pylockPackages, uvPackages } from './lockedPackages';
import { lockFindings } from './lockFindings';
import { machineMarkers } from './markers';
import { parseToml } from './parseToml';
import { projectProblems } from './projectFile';
import { wrongLine, type Machines } from './requirementLines';
import { readRequirements } from './requirementsFile';
import { nodeAt, TomlError, type TomlTable } from './toml';
import { allows } from './versions';

/**
 * Holds the files of packages that a profile names against what its machines have, before anything is paid for. Gives
 * what is installed otherwise than it is written, as sentences for the receipt.
 *
 * @param runner folder of the Python package `dask_runner` on this machine
 * @throws UserError `requirementsNotInstallable`, `requirementsMissing`
 */
export async function checkDependencies(profile: DataprocProfile, runner: string): Promise<readonly string[]> {
  const source = profile.environmentSource;
  if (source.kind !== 'requirements') {
    return [];
  }
  const pinned = await readFile(join(runner, 'dataproc', 'requirements.txt'), 'utf8');
  const findings: Findings[] = [];
  for (const path of source.files) {
    const inspect = await inspector(path, profile);
    findings.push(
      commonTo(
        pythonsOf(profile.imageVersion).map((python) =>
          inspect({ names: machineMarkers(python), pins: ourPins(pinned, python) }, python),
        ),
      ),
    );
  }
  const problems = findings.flatMap((one) => one.problems);
  if (problems.length > 0) {
    throw notInstallable(profile.name, problems);
  }
  return findings.flatMap(({ notes }) => notes);
}

/** What is uploaded of a file: with all that it includes, as machines get one file. @throws UserError `requirementsMissing` */
export async function requirementsContent(path: string, profile: string): Promise<Uint8Array> {
  if (isToml(path)) {
    return present(path, profile, () => readFile(path));
  }
  const { includes, text } = await present(path, profile, () => readRequirements(path));
  return includes ? Buffer.from(text) : present(path, profile, () => readFile(path));
}

type Inspect = (machines: Machines, python: string) => Findings;

async function inspector(path: string, profile: DataprocProfile): Promise<Inspect> {
  const file = basename(path);
  if (!isToml(path)) {
    const { lines, problems } = await present(path, profile.name, () => readRequirements(path));
    return (machines) => ({
      problems: [
        ...problems,
        ...lines.flatMap((line): readonly Problem[] => {
          const wrong = wrongLine(line.text, machines);
          return wrong === undefined ? [] : [{ file: line.file, line: line.line, ...wrong }];
        }),
      ],
      notes: [],
    });
  }
  const text = await present(path, profile.name, () => readFile(path, 'utf8'));
  let toml: TomlTable;
  try {
    toml = parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) {
      throw error;
    }
    const { line, message } = error;
    const next = 'Correct it, or have it written anew by the tool that it comes from.';
    return () => ({ problems: [{ file, line, why: `it cannot be read: ${message}.`, next }], notes: [] });
  }
  return (machines, python) => {
    const { problems, notes } = inspectToml(toml, file, machines, profile);
    return { problems: [...wrongPython(toml, file, python, profile), ...problems], notes };
  };
}

function inspectToml(toml: TomlTable, file: string, machines: Machines, profile: DataprocProfile): Findings {
  if (file === 'pyproject.toml') {
    return { problems: projectProblems(toml, file, machines), notes: [] };
  }
  const packages = file === 'uv.lock' ? uvPackages(toml, machines.names) : pylockPackages(toml, machines.names);
  const indexes = [profile.indexUrl, profile.extraIndexUrl].filter((index) => index !== undefined);
  return lockFindings(packages, file, machines, indexes);
}

function wrongPython(toml: TomlTable, file: string, python: string, profile: DataprocProfile): readonly Problem[] {
  const wanted = nodeAt(toml, 'project', 'requires-python') ?? nodeAt(toml, 'requires-python');
  // The last number is not known before there is a machine.
  if (wanted?.kind !== 'text' || [0, 99].some((patch) => allows(wanted.text, `${python}.${patch}`))) {
    return [];
  }
  return [
    {
      ...{ file, line: wanted.line },
      why: `it wants Python ${wanted.text}, and the machines of the image ${profile.imageVersion} have Python ${python}.`,
      next: 'Choose another "imageVersion" in the profile, or bring an environment of your own ("packages.archive" or "packages.image").',
    },
  ];
}

function isToml(path: string): boolean {
  return /\.(?:toml|lock)$/.test(path);
}

async function present<T>(path: string, profile: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isMissing(error)) {
      throw error;
    }
    throw new UserError({
      code: 'requirementsMissing',
      what: `The requirements of the profile "${profile}" are not there: ${path}.`,
      next: 'Correct the path in the profile, or write the file.',
      buttons: [
        {
          title: 'Open settings',
          action: { kind: 'openSettings', setting: 'dask.profiles', path: [profile, 'packages', 'requirements'] },
        },
      ],
    });
  }
}
