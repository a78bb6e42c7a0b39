import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { errorCode, isMissing } from '../../machine/jsonFile';
import { readable } from './packageErrors';

/**
 * What files of one name (`.gitignore`, `.daskignore`) say of paths, at every level from `top` down, as git reads
 * them: the last rule that fits counts, deeper files after higher ones, and nothing comes back within a folder that
 * is ignored. The user's own `core.excludesFile` is not read: two people would ship different files.
 */
export class IgnoreRules {
  // Git compares as the file system does.
  private readonly rules: Ignore = ignore({ ignorecase: process.platform !== 'linux' });
  private readonly loaded = new Map<string, Promise<void>>();

  /**
   * @param top absolute folder that rules count from
   * @param prefix of the workspace below it: empty, or with `/` at its end
   */
  private constructor(
    private readonly top: string,
    private readonly prefix: string,
    private readonly fileName: string,
  ) {}

  /** `.daskignore` within the workspace. */
  static forDask(root: string): IgnoreRules {
    return new IgnoreRules(root, '', '.daskignore');
  }

  /** `.gitignore` from the repository's folder down, which may be above the workspace, and `.git/info/exclude`. */
  static async forGit(root: string): Promise<IgnoreRules> {
    const top = await repositoryOf(root);
    const prefix = top === root ? '' : `${relative(top, root).split(sep).join('/')}/`;
    const rules = new IgnoreRules(top, prefix, '.gitignore');
    await rules.read(join(top, '.git', 'info', 'exclude'), '');
    if (prefix !== '') {
      await rules.loadAbove(prefix);
      if (rules.rules.ignores(prefix)) {
        // A workspace that the repository around it ignores would have nothing left.
        return new IgnoreRules(root, '', '.gitignore');
      }
    }
    return rules;
  }

  /**
   * @param path relative to the workspace, with `/`; a folder's ends in one
   * @throws UserError `packageUnreadable`
   */
  async ignores(path: string): Promise<boolean> {
    const full = this.prefix + path;
    await this.loadAbove(full);
    return this.rules.ignores(full);
  }

  private async loadAbove(path: string): Promise<void> {
    const parts = path.replace(/\/$/, '').split('/');
    for (let depth = 0; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join('/');
      // What ignored folders say does not count: nothing in them comes back.
      if (folder !== '' && this.rules.ignores(`${folder}/`)) {
        return;
      }
      let loading = this.loaded.get(folder);
      if (!loading) {
        loading = this.read(join(this.top, folder, this.fileName), folder);
        this.loaded.set(folder, loading);
      }
      await loading;
    }
  }

  private async read(path: string, folder: string): Promise<void> {
    const text = await readable(path, () => readFile(path, 'utf8').catch(noneOf));
    this.rules.add(
      text
        .replace(/^\uFEFF/, '')
        .split(/\r?\n/)
        .flatMap((line) => within(folder, line)),
    );
  }
}

/** A rule of a folder's own file, as one of the top's. */
function within(folder: string, line: string): string[] {
  if (folder === '' || line === '' || line.startsWith('#')) {
    return [line];
  }
  const [, not = '', pattern = ''] = /^(!?)(.*)$/.exec(line) ?? [];
  if (pattern.trim() === '') {
    return [];
  }
  const place = `/${folder.replace(/[\\*?[\]!# ]/g, '\\$&')}/`;
  const anchored = pattern.replace(/\s+$/, '').slice(0, -1).includes('/');
  return [`${not}${place}${anchored ? pattern.replace(/^\//, '') : `**/${pattern}`}`];
}

function noneOf(error: unknown): string {
  if (isMissing(error) || errorCode(error) === 'EISDIR') {
    return '';
  }
  throw error;
}

async function repositoryOf(root: string): Promise<string> {
  for (let folder = root; ; folder = dirname(folder)) {
    try {
      await stat(join(folder, '.git'));
      return folder;
    } catch {
      if (dirname(folder) === folder) {
        return root;
      }
    }
  }
}
