import type { LogOutputChannel } from 'vscode';

import type { SettingsTarget } from '../contributions';
import type { BackendKind, Cluster, ClusterRef } from '../core/cluster';
import type { GoogleAccounts, GooglePlaces } from '../core/googleAccount';
import type { Backend, DashboardAccess, InterpreterSource } from '../core/ports';
import type { AddressProfile } from '../core/profile';
import type { CodeOrigin, CodeReference } from '../core/run';
import type { ClusterFilterState } from '../host/clusterFilter';
import type { CommandBoundary } from '../host/commandBoundary';
import type { ReceiptPrompt } from '../host/receiptPrompt';
import type { RunFollower } from '../host/runFollower';
import type { SavedState } from '../host/savedState';
import type { Settings } from '../host/settings';
import type { ClusterPanels } from '../panel/clusterPanels';
import type { ClusterModel } from '../run/clusterModel';
import type { RunService } from '../run/runService';
import type { RunStore } from '../run/runStore';

/** Attaching is more than the port of backends knows: the address backend does it. */
export interface Attachments {
  attach(
    request: Pick<AddressProfile, 'address' | 'tls' | 'dashboardUrl'> & {
      name?: string;
      profile?: string;
      interpreter: string;
    },
    signal: AbortSignal,
  ): Promise<Cluster>;
  detach(cluster: ClusterRef): Promise<void>;
}

/** Who asks Google Cloud, and what there is to choose from there. */
export interface GoogleParts {
  accounts: GoogleAccounts;
  places: GooglePlaces;
  /** Whoever asks is somebody else, or has signed in. */
  signInChanged(): void;
}

/** Code of git repositories, as folders of this machine. */
export interface Checkouts {
  fetch(reference: CodeReference, signal: AbortSignal): Promise<CodeOrigin>;
  /** Python files of a checkout, relative to it, with `/`. */
  pythonFiles(folder: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Where a folder's own repository comes from; undefined where it is none or has no remote. */
  remoteOf(folder: string, signal: AbortSignal): Promise<string | undefined>;
  /** What is wrong with a text, as a sentence; undefined: nothing. */
  problemOfRepository(text: string): string | undefined;
  problemOfRef(text: string): string | undefined;
}

/** What commands are made of: each takes the parts that it needs. */
export interface CommandParts {
  runs: Pick<RunService, 'start' | 'rerun' | 'runs' | 'get' | 'cancel' | 'delete'>;
  store: Pick<RunStore, 'folder'>;
  clusters: Pick<ClusterModel, 'entries' | 'entry' | 'refresh'>;
  backend: (kind: BackendKind) => Backend;
  attachments: Attachments;
  google: GoogleParts;
  checkouts: Checkouts;
  filter: Pick<ClusterFilterState, 'value' | 'set'>;
  interpreters: InterpreterSource;
  dashboards: DashboardAccess;
  panels: () => Pick<ClusterPanels, 'open'>;
  settings: Settings;
  receipts: Pick<ReceiptPrompt, 'agreeToCluster'>;
  addProfile: (name: string, value: Readonly<Record<string, unknown>>, where: 'user' | 'workspace') => Promise<void>;
  openSettings: (target: SettingsTarget) => Promise<void>;
  state: SavedState;
  follower: Pick<RunFollower, 'follow'>;
  boundary: Pick<CommandBoundary, 'run' | 'show'>;
  views: { openCluster(): Promise<void>; openRun(): Promise<void>; refresh(): Promise<void> };
  log: LogOutputChannel;
}
