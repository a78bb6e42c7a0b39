import { addressFields } from './fields/address';
import { dataprocFields } from './fields/dataproc';
import { localFields } from './fields/local';

/** Every field of every profile, once: the schema of settings, the validation and docs/profiles.md are made from this. */
export const profileFields = { local: localFields, address: addressFields, dataproc: dataprocFields } as const;

export type ProfileBackend = keyof typeof profileFields;

export const profileBackends = Object.keys(profileFields) as readonly ProfileBackend[];
