import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asRecord, booleanField, recordField, stringField, textsOf, timeField } from '../core/jsonValue';
import type { TlsFiles } from '../core/profile';
import { readJson, writeJson } from '../machine/jsonFile';
import { inStorage } from '../machine/storageErrors';
import { namesIn, tlsIn } from '../machine/supervisorFiles';

/** A scheduler that somebody else runs: `attached/<id>.json` of docs/architecture.md. */
export interface Attached {
  id: string;
  name: string;
  address: string;
  tls: TlsFiles | undefined;
  /** Base of its HTTP side, without a slash at the end, once it has answered there. */
  httpUrl: string | undefined;
  /** Why the dashboard that was given for it is not used, as sentences. */
  dashboardProblem: string | undefined;
  /** True when its plots can be drawn. */
  dashboard: boolean;
  /** Python that asks it, and runs drivers where a run names none. */
  interpreter: string;
  profile: string | undefined;
  /** The profile's variables. */
  environment: Readonly<Record<string, string>>;
  /** False where the modules beside a script are not brought there. */
  localModules: boolean;
  /** Milliseconds since 1970. */
  attachedAt: number;
}

export class AttachedStore {
  readonly folder: string;

  constructor(storage: string) {
    this.folder = join(storage, 'attached');
  }

  async all(): Promise<Attached[]> {
    const names = (await namesIn(this.folder)).filter((name) => name.endsWith('.json'));
    const found = await Promise.all(names.map((name) => this.read(name.slice(0, -'.json'.length))));
    return found.filter((attached) => attached !== undefined).sort((a, b) => a.attachedAt - b.attachedAt);
  }

  async read(id: string): Promise<Attached | undefined> {
    const record = asRecord(await readJson(this.#path(id)));
    const address = stringField(record, 'address');
    const interpreter = stringField(record, 'interpreter');
    if (address === undefined || interpreter === undefined) {
      return undefined;
    }
    return {
      id,
      address,
      interpreter,
      name: stringField(record, 'name') ?? address,
      tls: tlsIn(recordField(record, 'tls')),
      httpUrl: stringField(record, 'httpUrl'),
      dashboardProblem: stringField(record, 'dashboardProblem'),
      dashboard: booleanField(record, 'dashboard') ?? false,
      profile: stringField(record, 'profile'),
      environment: textsOf(recordField(record, 'environment')),
      localModules: booleanField(record, 'localModules') ?? true,
      attachedAt: timeField(record, 'attachedAt') ?? 0,
    };
  }

  async write(attached: Attached): Promise<void> {
    await inStorage(this.folder, async () => {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      const attachedAt = new Date(attached.attachedAt).toISOString();
      await writeJson(this.#path(attached.id), { version: 1, ...attached, attachedAt });
    });
  }

  async remove(id: string): Promise<void> {
    await rm(this.#path(id), { force: true });
    await rm(this.logsOf(id), { recursive: true, force: true });
  }

  /** Where logs are kept that were fetched from it. */
  logsOf(id: string): string {
    return join(this.folder, `${id}-logs`);
  }

  #path(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}

/** By what it is reached with: the same scheduler is one cluster, however often it is attached. */
export function attachedId(address: string, tls: TlsFiles | undefined): string {
  const content = JSON.stringify([address, tls?.ca ?? '', tls?.cert ?? '', tls?.key ?? '']);
  return `attached-${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
}
