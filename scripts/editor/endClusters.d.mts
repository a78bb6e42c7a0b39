export function storageFolder(userData: string): string;
export function endClusters(storage: string, timeoutSeconds?: number): Promise<{ runs: number; clusters: number }>;
export function live(
  parent: string,
  file: 'status.json' | 'state.json',
): Promise<{ folder: string; content: { pid: number; state: string; [field: string]: unknown } }[]>;
