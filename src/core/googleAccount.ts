/** Whom Google Cloud is asked as. Neither of the two: application default credentials where there are some, else gcloud. */
export interface SignIn {
  source?: 'applicationDefault' | 'gcloud';
  /** One of gcloud's accounts; absent: the one that is active there. Chooses gcloud. */
  account?: string;
}

/** Whoever that is. */
export interface GoogleIdentity {
  source: 'applicationDefault' | 'gcloud';
  /** E-mail; undefined where nothing says it. */
  account: string | undefined;
  /** Project that the source names. */
  project: string | undefined;
}

/** One way to sign in, as it is on this machine. */
export interface SignInOffer {
  signIn: SignIn;
  account: string | undefined;
  project: string | undefined;
  /** Used now. */
  current: boolean;
  /** Why it cannot be used, with what to do about it; undefined where it can. */
  missing: string | undefined;
  /** What signs in; undefined where it is not needed, or alone does not help. */
  command: string | undefined;
}

export interface GoogleAccounts {
  /** Rejects with a UserError that names the command to sign in. */
  who(signal: AbortSignal): Promise<GoogleIdentity>;
  /** All ways to sign in, those that are missing among them. */
  offers(signal: AbortSignal): Promise<readonly SignInOffer[]>;
}

export interface GoogleMachineType {
  name: string;
  cores: number;
  memoryMb: number;
}

export interface GoogleSubnetwork {
  name: string;
  network: string;
  privateGoogleAccess: boolean;
}

/** What there is to choose from for a profile. Rejects with a UserError. */
export interface GooglePlaces {
  regions(project: string, signal: AbortSignal): Promise<readonly string[]>;
  zones(project: string, region: string, signal: AbortSignal): Promise<readonly string[]>;
  machineTypes(project: string, zone: string, signal: AbortSignal): Promise<readonly GoogleMachineType[]>;
  subnetworks(project: string, region: string, signal: AbortSignal): Promise<readonly GoogleSubnetwork[]>;
}
