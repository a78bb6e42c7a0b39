/** Places of a real machine that programs there write to or look at, and that are no place for an emulated one. */
const places = [
  '/opt/dask-runner',
  '/opt/conda',
  '/opt/micromamba',
  '/opt/pixi',
  '/etc/fstab',
  '/etc/systemd/system',
  '/run/systemd',
  '/etc/knox',
  '/usr/lib/knox',
];

const named = new RegExp(`(?<![\\w.})-])(?:${places.join('|')})(?![\\w-])`, 'g');

/** A text with these places below a machine's folder. */
export function onMachine(text: string, folder: string): string {
  return text.replace(named, (place) => folder + place);
}
