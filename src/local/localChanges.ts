import { basename, join } from 'node:path';
import { Emitter, type Disposable, type Event } from '../core/event';
import { isTerminal } from '../core/job';
import { ChildFolders } from '../machine/childFolders';
import { readJobFiles } from '../machine/supervisorFiles';
import { readClusterFiles } from './clusterFiles';
import { hasEnded, type ClusterStore } from './clusterStore';

/** Several files change at once: one event for all of them, after this time. */
const gatherMilliseconds = 30;
/** The death of a process makes no event of its own. */
const livenessMilliseconds = 2000;

interface Sources {
  clusters: ChildFolders;
  runs: ChildFolders;
  liveness: NodeJS.Timeout;
}

/** Tells of changes of clusters and jobs on this machine, and works only while somebody listens. */
export class LocalChanges implements Disposable {
  readonly #emitter = new Emitter<void>();
  readonly #store: ClusterStore;
  readonly #runs: string;
  #sources: Sources | undefined;
  #gathering: NodeJS.Timeout | undefined;

  constructor(store: ClusterStore, storage: string) {
    this.#store = store;
    this.#runs = join(storage, 'runs');
  }

  readonly event: Event<void> = (listener) => {
    const subscription = this.#emitter.event(listener);
    this.#sources ??= this.#start();
    return {
      dispose: () => {
        subscription.dispose();
        if (!this.#emitter.observed) {
          this.#stop();
        }
      },
    };
  };

  dispose(): void {
    this.#emitter.dispose();
    this.#stop();
  }

  #start(): Sources {
    const onChange = (): void => {
      this.#gathering ??= setTimeout(() => {
        this.#gathering = undefined;
        this.#emitter.fire();
      }, gatherMilliseconds);
    };
    const clusters = new ChildFolders(this.#store.folder, {
      files: ['spec.json', 'state.json'],
      isOver: isClusterOver,
      onChange,
    });
    const runs = new ChildFolders(this.#runs, { files: ['job.json', 'status.json'], isOver: isRunOver, onChange });
    const liveness = setInterval(() => {
      // A look writes the death down, and that is a change like any other. Nothing lives: nothing is done.
      clusters.live.forEach((folder) => void this.#store.look(basename(folder)).catch(() => undefined));
    }, livenessMilliseconds);
    return { clusters, runs, liveness };
  }

  #stop(): void {
    this.#sources?.clusters.dispose();
    this.#sources?.runs.dispose();
    clearInterval(this.#sources?.liveness);
    this.#sources = undefined;
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
  }
}

/** One that was made a moment ago has no spec yet: it is not over. */
async function isClusterOver(folder: string): Promise<boolean> {
  const files = await readClusterFiles(folder);
  return files !== undefined && hasEnded(files);
}

async function isRunOver(folder: string): Promise<boolean> {
  const files = await readJobFiles(folder);
  return files !== undefined && isTerminal(files.job.state) && files.job.released;
}
