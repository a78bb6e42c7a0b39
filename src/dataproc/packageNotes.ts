import type { HiddenImport, NamedFile, PackagePlan } from './packaging/packagePlan';

/** Files and places that are named one by one. */
const named = 5;

/** What shipped code may miss on the cluster, each with the way out, as sentences. */
export function packageNotes({ named: files, hidden, takesPatterns }: PackagePlan): string[] {
  const open = files.filter(({ never }) => never === undefined);
  const secret = files.filter(({ never }) => never !== undefined);
  const wayOut = takesPatterns
    ? 'add what the run needs to "include" in the profile'
    : 'open their folder as the workspace, and add what the run needs to "include" in the profile';
  return [
    ...(open.length === 0 ? [] : [`Does not upload files that the code names: ${list(open.map(place))}: ${wayOut}.`]),
    ...secret
      .slice(0, named)
      .map((file) => `Does not upload ${place(file)} although the code names it: it ${file.never ?? ''}.`),
    ...(hidden.length === 0
      ? []
      : [
          `Does not see which modules are imported by ${list(hidden.map(call))}: ${takesPatterns ? `add them to "include" in the profile${example(hidden)}` : wayOut}.`,
        ]),
  ];
}

function place({ path, by, line }: NamedFile): string {
  return `${path} (${by}, line ${line})`;
}

function call({ call: name, by, line }: HiddenImport): string {
  return `${name} (${by}, line ${line})`;
}

function example(hidden: readonly HiddenImport[]): string {
  const folders = [...new Set(hidden.flatMap(({ folder }) => (folder === undefined ? [] : [`"${folder}/**/*.py"`])))];
  return folders.length === 0 ? '' : `, such as ${folders.slice(0, named).join(', ')}`;
}

function list(texts: readonly string[]): string {
  const more = texts.length > named ? ` and ${texts.length - named} more` : '';
  return texts.slice(0, named).join(', ') + more;
}
