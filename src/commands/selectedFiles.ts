/** A file as menus pass it. */
interface FileRef {
  readonly path: string;
  toString(): string;
}

/**
 * What a menu of files is about: all Python files that are selected where the target is among them, else the
 * target alone. The menu shows up for the target, whatever else is selected.
 */
export function selectedFiles<T extends FileRef>(
  target: T,
  selected: readonly T[],
  isPython: (file: T) => boolean,
): { files: readonly T[]; leftOut: readonly T[] } {
  if (!selected.some((file) => file.toString() === target.toString())) {
    return { files: [target], leftOut: [] };
  }
  const runs = (file: T): boolean => file.toString() === target.toString() || isPython(file);
  return { files: selected.filter(runs), leftOut: selected.filter((file) => !runs(file)) };
}

/** `data.csv is not a Python file, and was not run.`; undefined when nothing was left out. */
export function leftOutText(files: readonly FileRef[]): string | undefined {
  const [first, second] = files.map((file) => file.path.split('/').at(-1) ?? file.path);
  if (first === undefined) {
    return undefined;
  }
  return second === undefined
    ? `${first} is not a Python file, and was not run.`
    : `${first} and ${files.length - 1} more that are selected are not Python files, and were not run.`;
}
