/** One requirement as pip reads it: `name[extra]>=1,<2 ; marker`, or `name @ url`. */
export interface Requirement {
  /** As packages are compared: in small letters with `-`. */
  name: string;
  extras: readonly string[];
  /** `>=1,<2`; '' for any version. */
  specifier: string;
  /** Where it comes from, instead of an index. */
  url: string | undefined;
  marker: string | undefined;
}

// Source: packaging.python.org/specifications/dependency-specifiers
const form =
  /^([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(?:@\s*(\S+)|\(?((?:\s*,?\s*(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s;,()]+)*)\s*\)?)\s*(?:;\s*(.*))?$/i;

/** Undefined for what is no requirement of a package by its name. */
export function parseRequirement(text: string): Requirement | undefined {
  const [, name, extras = '', url, specifier = '', marker] = form.exec(text.trim()) ?? [];
  return name === undefined
    ? undefined
    : {
        name: canonicalName(name),
        extras: extras
          .split(',')
          .map((extra) => extra.trim())
          .filter((extra) => extra !== ''),
        specifier: specifier.trim(),
        url,
        marker,
      };
}

export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
