import type { CommandArguments, CommandId, SettingsTarget } from '../contributions';
import type { Disposable } from '../core/event';
import { attachCluster } from './attachCluster';
import { cancelRun } from './cancelRun';
import type { CommandParts } from './commandParts';
import { createCluster } from './createCluster';
import { createProfile } from './createProfile';
import { deleteCluster } from './deleteCluster';
import { deleteRun } from './deleteRun';
import { detachCluster } from './detachCluster';
import { filterClusters } from './filterClusters';
import { cancelJob, showJobLog } from './jobCommands';
import { openDashboard } from './openDashboard';
import { OpenDashboardInBrowser } from './openDashboardInBrowser';
import { openReport } from './openReport';
import { openRunFile } from './openRunFile';
import { openRunFolder } from './openRunFolder';
import { removeCluster } from './removeCluster';
import { rerun } from './rerun';
import { resizeCluster } from './resizeCluster';
import { restartWorkers } from './restartWorkers';
import { startCluster, stopCluster } from './switchCluster';
import { runFile } from './runFile';
import { runFileOnCluster } from './runFileOnCluster';
import { runFileWithOptions } from './runFileWithOptions';
import { runFromGit } from './runFromGit';
import { runFunction } from './runFunction';
import { selectAccount } from './selectAccount';
import { selectProfile } from './selectProfile';
import { showClusterLogs } from './showClusterLogs';
import { showRunLog } from './showRunLog';

/** Every command by its id: a missing one is an error of the compiler. */
type Handlers = { readonly [C in CommandId]: (...args: CommandArguments[C]) => unknown };

export class CommandTable implements Disposable {
  readonly #inBrowser: OpenDashboardInBrowser;
  readonly #handlers: Handlers;

  constructor(parts: CommandParts) {
    const inBrowser = new OpenDashboardInBrowser(parts);
    this.#inBrowser = inBrowser;
    this.#handlers = {
      'dask.run.file': runFile(parts),
      'dask.run.fileWithOptions': runFileWithOptions(parts),
      'dask.run.function': runFunction(parts),
      'dask.run.fromGit': runFromGit(parts),
      'dask.run.cancel': cancelRun(parts),
      'dask.run.rerun': rerun(parts),
      'dask.run.showLogs': showRunLog(parts),
      'dask.run.openFile': openRunFile(parts),
      'dask.run.openFolder': openRunFolder(parts),
      'dask.run.openReport': openReport(parts),
      'dask.run.delete': deleteRun(parts),
      'dask.cluster.create': createCluster(parts),
      'dask.cluster.attach': attachCluster(parts),
      'dask.cluster.runFile': runFileOnCluster(parts),
      'dask.cluster.detach': detachCluster(parts),
      'dask.cluster.delete': deleteCluster(parts),
      'dask.cluster.remove': removeCluster(parts),
      'dask.cluster.resize': resizeCluster(parts),
      'dask.cluster.stop': stopCluster(parts),
      'dask.cluster.start': startCluster(parts),
      'dask.cluster.restartWorkers': restartWorkers(parts),
      'dask.cluster.openDashboard': openDashboard(parts),
      'dask.cluster.openDashboardInBrowser': (target) => inBrowser.run(target),
      'dask.cluster.showLogs': showClusterLogs(parts),
      'dask.job.cancel': cancelJob(parts),
      'dask.job.showLogs': showJobLog(parts),
      'dask.profile.select': selectProfile(parts),
      'dask.profile.create': createProfile(parts),
      'dask.profile.openSettings': (target) =>
        parts.openSettings(isSettingsTarget(target) ? target : { setting: 'dask.profiles' }),
      'dask.google.selectAccount': selectAccount(parts),
      'dask.log.show': () => parts.log.show(),
      'dask.refresh': () => parts.views.refresh(),
      'dask.explorer.filterClusters': filterClusters(parts),
      'dask.explorer.changeFilter': filterClusters(parts),
      'dask.explorer.openCluster': () => parts.views.openCluster(),
      'dask.explorer.openRun': () => parts.views.openRun(),
    };
  }

  /** @param args as VS Code passes them: menus add what a command does not ask for */
  run(id: CommandId, args: unknown[]): unknown {
    return (this.#handlers[id] as (...args: unknown[]) => unknown)(...args);
  }

  dispose(): void {
    this.#inBrowser.dispose();
  }
}

/** The menu of a view passes the row that has the focus. */
function isSettingsTarget(target: SettingsTarget | undefined): target is SettingsTarget {
  return typeof target?.setting === 'string';
}
