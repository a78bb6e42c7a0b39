import type { ClusterRecord } from './clusterRecord';

/** Labels by which our clusters are found again. Keys and values: lower case, digits, `-` and `_`, 63 characters. */
export const clusterLabel = {
  /** The request id. */
  id: 'dask-cluster',
  /** Of the machine that asked for it: which extension's storage knows more. */
  installation: 'dask-installation',
  /** Whoever made it: the account, without its domain. */
  owner: 'dask-owner',
  profile: 'dask-profile',
  run: 'dask-run',
} as const;

/** Who makes a cluster: which extension, and as whom where that is known, as an e-mail address. */
export interface Maker {
  installation: string;
  account: string | undefined;
}

export function labelsOf(record: ClusterRecord, { installation, account }: Maker): Record<string, string> {
  const owner = labelValue(account?.split('@')[0] ?? '');
  return {
    [clusterLabel.id]: record.id,
    [clusterLabel.installation]: installation,
    ...(owner === '' ? {} : { [clusterLabel.owner]: owner }),
    [clusterLabel.profile]: labelValue(record.profile),
    ...(record.runId === undefined ? {} : { [clusterLabel.run]: record.runId }),
  };
}

/** What a label may hold of any text. */
export function labelValue(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .slice(0, 63);
}
