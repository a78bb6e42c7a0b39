import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../../../../src/core/errors';
import type { PackagePlan } from '../../../../src/dataproc/packaging/packagePlan';
import { planPackage, type PackageRequest } from '../../../../src/dataproc/packaging/planPackage';

export type Files = Readonly<Record<string, string | Uint8Array>>;

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** A workspace with these files, in a folder that has room for others beside it. */
export class Project {
  readonly root: string;

  private constructor(readonly outer: string) {
    this.root = join(outer, 'workspace');
  }

  static async with<T>(files: Files, work: (project: Project) => Promise<T>): Promise<T> {
    const project = new Project(await realpath(await mkdtemp(join(tmpdir(), 'packaging-'))));
    try {
      await mkdir(project.root);
      await writeFiles(project.root, files);
      return await work(project);
    } finally {
      await rm(project.outer, { recursive: true, force: true });
    }
  }

  path(path: string): string {
    return join(this.root, path);
  }

  plan(file = 'run.py', request: Partial<PackageRequest> = {}): Promise<PackagePlan> {
    return planPackage({
      target: { kind: 'file', path: this.path(file) },
      workspaceFolder: this.root,
      ...request,
    });
  }
}

export function paths(plan: PackagePlan): readonly string[] {
  return plan.files.map(({ path }) => path);
}

/** For `assert.rejects`: an error for people with that code, whose text names all of these. */
export function userError(code: string, ...names: readonly string[]): (error: unknown) => boolean {
  return (error) => {
    const fits =
      error instanceof UserError && error.code === code && names.every((name) => error.message.includes(name));
    if (!fits) {
      throw error;
    }
    return true;
  };
}
