import type { ClusterRecord } from './clusterRecord';

/** Labels by which our clusters are found again. Keys and values: lower case, digits, `-` and `_`, 63 characters. */
export const clusterLabel = {
  /** The request id. */
  id: 'dask-cluster',
  /** Of the machine that asked for it: which extension's storage knows more. */
  installation: 'dask-installation',
  profile: 'dask-profile',
  run: 'dask-run',
} as const;

export function labelsOf(record: ClusterRecord, installation: string): Record<string, string> {
  return {
    [clusterLabel.id]: record.id,
    [clusterLabel.installation]: installation,
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
