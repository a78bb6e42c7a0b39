import { readFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { isMissing } from '../../machine/jsonFile';
import type { Problem } from './findings';

/** A line as pip reads it: continued ones are one, without comments. */
export interface RequirementLine {
  file: string;
  /** Where it begins, 1-based. */
  line: number;
  text: string;
}

export interface RequirementsText {
  lines: readonly RequirementLine[];
  /** Files that are not there, or that include themselves. */
  problems: readonly Problem[];
  /** With the files that it includes in the place of their `-r`: machines get one file. */
  text: string;
  /** Whether it includes any. */
  includes: boolean;
}

const include = /^(?:-r\s*|--requirement(?:\s+|=))(.+)$/;

/** A file of requirements and those that it includes by `-r`. Rejects where the file itself cannot be read. */
export async function readRequirements(path: string): Promise<RequirementsText> {
  const bytes = await readFile(path);
  return read(path, decoded(bytes), dirname(path), [path]);
}

async function read(path: string, text: string, top: string, trail: readonly string[]): Promise<RequirementsText> {
  const file = relative(top, path).split(sep).join('/') || basename(path);
  const lines: RequirementLine[] = [];
  const problems: Problem[] = [];
  const out: string[] = [];
  let includes = false;
  for (const { line, written, content } of logicalLines(text)) {
    const name = unquoted(include.exec(content)?.[1]);
    if (name === undefined || /^[a-z][a-z0-9+.-]+:\/\//i.test(name)) {
      lines.push(...(content === '' ? [] : [{ file, line, text: content }]));
      out.push(written);
      continue;
    }
    const target = resolve(dirname(path), name);
    const bytes = trail.includes(target) ? undefined : await contentOf(target);
    if (bytes === undefined) {
      problems.push({
        ...{ file, line },
        why: `the file of "${content}" is not there, or includes this one.`,
        next: 'Correct its path, or write it.',
      });
      continue;
    }
    const inner = await read(target, decoded(bytes), top, [...trail, target]);
    lines.push(...inner.lines);
    problems.push(...inner.problems);
    out.push(inner.text);
    includes = true;
  }
  return { lines, problems, text: out.join('\n'), includes };
}

function logicalLines(text: string): { line: number; written: string; content: string }[] {
  const found: { line: number; written: string; content: string }[] = [];
  const physical = text.split(/\r\n|\r|\n/);
  for (let index = 0; index < physical.length; index += 1) {
    const first = index;
    let joined = physical[index] ?? '';
    while (joined.endsWith('\\') && index + 1 < physical.length && !/^\s*#/.test(joined)) {
      index += 1;
      joined = joined.slice(0, -1) + (physical[index] ?? '');
    }
    found.push({
      line: first + 1,
      written: physical.slice(first, index + 1).join('\n'),
      content: joined
        .replace(/(?:^|\s+)#.*$/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    });
  }
  return found;
}

/** As pip: by the byte order mark, else UTF-8. Windows writes UTF-16 where output is sent to a file. */
function decoded(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return new TextDecoder('utf-16le').decode(bytes);
  }
  return new TextDecoder(bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8').decode(bytes);
}

function unquoted(text: string | undefined): string | undefined {
  return text?.trim().replace(/^(['"])(.*)\1$/, '$2');
}

async function contentOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
}
