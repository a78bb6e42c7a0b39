import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from './gcloud';
import { credentialsUnreadable } from './signInErrors';

/** Application default credentials as they are in their file. */
export interface CredentialsFile {
  path: string;
  json: Readonly<Record<string, unknown>> & { type: string };
}

/**
 * The file that `GOOGLE_APPLICATION_CREDENTIALS` names, or that of `gcloud auth application-default login`; undefined
 * where there is none. Throws a UserError where one is named and cannot be read.
 */
export async function readCredentialsFile(environment: Environment): Promise<CredentialsFile | undefined> {
  const named = environment['GOOGLE_APPLICATION_CREDENTIALS'];
  const path = named === undefined || named === '' ? usualPath(environment) : named;
  if (path === undefined) {
    return undefined;
  }
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && path !== named) {
      return undefined;
    }
    throw credentialsUnreadable(
      path,
      missing ? 'are missing: GOOGLE_APPLICATION_CREDENTIALS names them' : 'cannot be read',
    );
  }
  return { path, json: parse(path, text) };
}

/** As gcloud writes it. */
function usualPath(environment: Environment): string | undefined {
  const folder = environment['CLOUDSDK_CONFIG'] ?? configFolder(environment);
  return folder === undefined ? undefined : join(folder, 'application_default_credentials.json');
}

function configFolder(environment: Environment): string | undefined {
  const [base, ...parts] =
    process.platform === 'win32' ? [environment['APPDATA'], 'gcloud'] : [environment['HOME'], '.config', 'gcloud'];
  return base === undefined ? undefined : join(base, ...(parts as string[]));
}

function parse(path: string, text: string): CredentialsFile['json'] {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && 'type' in json && typeof json.type === 'string') {
      return json as CredentialsFile['json'];
    }
  } catch {
    // Said below: the parser's words would repeat a part of what is secret.
  }
  throw credentialsUnreadable(path, 'are not what Google writes');
}
