import type { PanelState } from '../../src/protocol/panelState';

/** As the cluster's side, or the run's, words that the run it was made for needs it no more. */
const released = /^(?:Its run|The run of .+) ended\.$/;

/** What is said above a log whose cluster has gone: why, and where its plots are. */
export function endText({ cluster, runs }: PanelState, report: boolean): string {
  const { error } = cluster;
  if (cluster.state === 'failed' && error !== undefined && runs.some((run) => run.error?.message === error)) {
    // Why is said beside the run.
    return 'The cluster did not start, and is gone.';
  }
  const plots = report ? 'Its plots are kept in the performance report.' : 'Its plots are gone with it; the log stays.';
  return `${endSentence(cluster)} ${plots}`;
}

function endSentence({ state, error, endReason }: PanelState['cluster']): string {
  if (state === 'failed') {
    return error ?? endReason ?? 'The cluster failed.';
  }
  if (error !== undefined || endReason === undefined) {
    return error ?? 'The cluster has ended.';
  }
  return released.test(endReason)
    ? 'The cluster ended with its run.'
    : `The cluster has ended: ${endReason.charAt(0).toLowerCase()}${endReason.slice(1)}`;
}
