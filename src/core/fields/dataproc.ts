import { backend, environment, extendsField } from './common';
import { daskFields } from './dataprocDask';
import { accountFields, packagesField } from './dataprocEnvironment';
import { limitFields } from './dataprocLimits';
import { machineFields } from './dataprocMachines';
import { placeFields } from './dataprocPlace';
import { softwareFields } from './dataprocSoftware';
import type { ProfileField } from './field';

/** Fields of `"backend": "dataproc"`. Defaults follow the platform report's design of an ephemeral cluster. */
export const dataprocFields: readonly ProfileField[] = [
  backend('dataproc', 'A cluster of Google Cloud Dataproc, created for a run and deleted after it.'),
  extendsField,
  ...placeFields,
  ...machineFields,
  ...softwareFields,
  ...daskFields,
  ...accountFields,
  packagesField,
  environment('Environment variables of the script and of the workers.'),
  ...limitFields,
];
