import { isLeftover } from './neverShipped';
import type { FileReason, PlannedFile, Refusal, RefusalKind } from './packagePlan';
import type { Asked, Verdict, Workspace } from './workspace';

/** What a plan gathers: each path is in once, for the first reason. */
export class Selection {
  private readonly chosen = new Map<string, PlannedFile>();
  private readonly turnedDown = new Map<string, Refusal>();
  private readonly clean = new Set<string>();

  constructor(
    private readonly workspace: Workspace,
    private readonly maxBytes: number,
  ) {}

  get files(): readonly PlannedFile[] {
    return [...this.chosen.values()].sort(byPath);
  }

  get refused(): readonly Refusal[] {
    return [...this.turnedDown.values()].sort(byPath);
  }

  has(path: string): boolean {
    return this.chosen.has(path);
  }

  refusal(path: string): Refusal | undefined {
    return this.turnedDown.get(path);
  }

  refuse(path: string, kind: RefusalKind, why: string, wantedBy?: string): void {
    if (!this.turnedDown.has(path)) {
      this.turnedDown.set(path, { path, kind, why, ...(wantedBy === undefined ? {} : { wantedBy }) });
    }
  }

  /** Takes a file in, or remembers why not. */
  async add(path: string, asked: Asked, reason: FileReason): Promise<Verdict['kind']> {
    if (this.chosen.has(path)) {
      return 'file';
    }
    if (isLeftover(path)) {
      return 'refused';
    }
    const verdict = await this.workspace.judge(path, asked);
    if (verdict.kind === 'refused') {
      this.refuse(path, verdict.as, verdict.why, reason.kind === 'import' ? reason.by : undefined);
    } else if (verdict.kind === 'file') {
      this.chosen.set(path, { path, bytes: verdict.bytes, reason });
    }
    return verdict.kind;
  }

  /** The content of a file that is in; undefined, and the file out again, where it is a secret, or over the limit. */
  async read(path: string): Promise<Buffer | undefined> {
    const file = this.chosen.get(path);
    if (!file || file.bytes > this.maxBytes) {
      return undefined;
    }
    const content = await this.workspace.read(path);
    if ('bytes' in content) {
      this.clean.add(path);
      return content.bytes;
    }
    this.chosen.delete(path);
    this.refuse(path, 'secret', content.secret, file.reason.kind === 'import' ? file.reason.by : undefined);
    return undefined;
  }

  /** Files whose content nobody has looked at yet. */
  get unread(): readonly string[] {
    return [...this.chosen.keys()].filter((path) => !this.clean.has(path));
  }
}

/** The same order on every machine. */
function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
