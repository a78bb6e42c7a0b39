import { machineMarkers, holds } from './markers';
import { parseRequirement } from './requirement';

/** Of images of Dataproc, by the beginning of their version. Source: docs.cloud.google.com, lists of image versions */
const pythons: Readonly<Record<string, string>> = { '2.1': '3.10', '2.2': '3.11', '2.3': '3.11', '3.0': '3.12' };

/** What `initialize.sh` makes environments from. */
const all = ['3.10', '3.11', '3.12', '3.13'];

/** The Python of an image's machines, `3.11`; all that it may be where that is not known. */
export function pythonsOf(imageVersion: string): readonly string[] {
  const python = pythons[/^\d+\.\d+/.exec(imageVersion)?.[0] ?? ''];
  return python === undefined ? all : [python];
}

/** From there on, `requirements.txt` has what reads gs://, which a profile's own packages may change. */
const changeable = /^# For gs:/;

/** Versions of what the machines install for Dask, by name. @param text of `requirements.txt`, with hashes */
export function ourPins(text: string, python: string): ReadonlyMap<string, string> {
  const names = machineMarkers(python);
  const pins = new Map<string, string>();
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    if (changeable.test(line)) {
      break;
    }
    const requirement = parseRequirement(line.replace(/\s+--hash=.*|^#.*/, ''));
    if (requirement !== undefined && holds(requirement.marker, names)) {
      pins.set(requirement.name, requirement.specifier.replace(/^==/, ''));
    }
  }
  return pins;
}
