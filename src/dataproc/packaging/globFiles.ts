import picomatch from 'picomatch';
import { badGlob } from './packageErrors';
import { isLeftover } from './neverShipped';
import type { Selection } from './selection';
import { joined, type Asked, type Workspace } from './workspace';

interface Pattern {
  /** As it was given. */
  glob: string;
  /** Folder below which everything lies that can fit; for a pattern without wildcards the path itself. */
  base: string;
  /** Undefined without wildcards. */
  fits: ((path: string) => boolean) | undefined;
  hidden: boolean;
}

/**
 * Takes in the files that patterns name, and gives the patterns that none fits. `!` before a pattern leaves out what
 * it fits, wherever it stands. Names that begin with a dot are only found by patterns that write the dot. A pattern
 * without wildcards names a file, or a folder with all that is in it, and holds also against `.gitignore`; one with
 * wildcards does not. `.daskignore` holds against all.
 *
 * @param globs relative to the workspace, with `/`
 * @throws UserError `badPackageGlob`, `packageUnreadable`
 */
export async function addGlobFiles(
  workspace: Workspace,
  selection: Selection,
  globs: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const patterns = globs.filter((glob) => !glob.startsWith('!')).map((glob) => pattern(glob, glob));
  const without = globs.filter((glob) => glob.startsWith('!')).map((glob) => pattern(glob, glob.slice(1)));
  const walker = new Walker(workspace, selection, without, signal);
  for (const { glob, base, fits } of patterns) {
    if (!fits) {
      await walker.named(base, glob);
    }
  }
  await walker.folder(
    '',
    patterns.filter(({ fits }) => fits !== undefined),
    'byPattern',
    [''],
  );
  return patterns.map(({ glob }) => glob).filter((glob) => !walker.matched.has(glob));
}

class Walker {
  readonly matched = new Set<string>();

  constructor(
    private readonly workspace: Workspace,
    private readonly selection: Selection,
    private readonly without: readonly Pattern[],
    private readonly signal: AbortSignal | undefined,
  ) {}

  async named(path: string, glob: string): Promise<void> {
    const verdict = await this.workspace.judge(path, 'byName');
    if (verdict.kind === 'folder') {
      const all: Pattern = { glob, base: path, fits: () => true, hidden: false };
      await this.folder(path, [all], 'byName', [verdict.real]);
    } else if (verdict.kind === 'refused') {
      this.selection.refuse(path, verdict.as, verdict.why);
    } else {
      await this.file(path, glob, 'byName');
    }
  }

  /** @param trail real places of the folders on the way: a link back to one of them is not followed */
  async folder(path: string, patterns: readonly Pattern[], asked: Asked, trail: readonly string[]): Promise<void> {
    this.signal?.throwIfAborted();
    for (const [name, entry] of await this.workspace.list(path)) {
      const inner = joined(path, name);
      const reaching = patterns.filter((item) => reaches(item, inner, name));
      const fitting = patterns.find((item) => item.fits?.(inner) && (item.hidden || !name.startsWith('.')));
      const mayBeFolder = entry.isDirectory() || entry.isSymbolicLink();
      if (isLeftover(name) || this.leftOut(inner) || !(fitting || (mayBeFolder && reaching.length > 0))) {
        continue;
      }
      const verdict = mayBeFolder ? await this.workspace.judge(inner, asked) : undefined;
      if (verdict?.kind === 'folder') {
        if (!trail.includes(verdict.real) && reaching.length > 0) {
          await this.folder(inner, reaching, asked, [...trail, verdict.real]);
        }
      } else if (verdict?.kind === 'refused' && (fitting || entry.isDirectory() || verdict.as === 'link')) {
        this.selection.refuse(entry.isDirectory() ? `${inner}/` : inner, verdict.as, verdict.why);
      } else if (fitting) {
        await this.file(inner, fitting.glob, asked);
      }
    }
  }

  private async file(path: string, glob: string, asked: Asked): Promise<void> {
    if (!this.leftOut(path) && (await this.selection.add(path, asked, { kind: 'glob', glob })) === 'file') {
      this.matched.add(glob);
    }
  }

  private leftOut(path: string): boolean {
    return this.without.some(({ base, fits }) => (fits ? fits(path) : path === base || path.startsWith(`${base}/`)));
  }
}

/** Whether anything in a folder can fit. */
function reaches({ base, hidden }: Pattern, path: string, name: string): boolean {
  return (
    (hidden || !name.startsWith('.')) &&
    (base === '' || base === path || base.startsWith(`${path}/`) || path.startsWith(`${base}/`))
  );
}

/** @param text the pattern, without what says that it leaves out */
function pattern(glob: string, text: string): Pattern {
  const clean = text.replace(/^(\.\/)+/, '').replace(/^\.$/, '**');
  if (clean.trim() === '' || /^([/\\]|[a-z]:)/i.test(clean) || clean.split(/[/\\]/).includes('..')) {
    throw badGlob(glob);
  }
  const whole = clean.endsWith('/') ? clean.replace(/\/+$/, '') : clean;
  const { base, isGlob } = picomatch.scan(whole);
  if (!isGlob) {
    return { glob, base: whole, fits: undefined, hidden: true };
  }
  const hidden = /(^|[/{(,|])\\?\./.test(whole);
  return {
    glob,
    base,
    fits: picomatch(clean.endsWith('/') ? `${whole}/**` : whole, { dot: false, windows: false }),
    hidden,
  };
}
