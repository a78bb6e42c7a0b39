import { backend, environment, extendsField, interpreter } from './common';
import { choice, optional, required, type ProfileField } from './field';

/** Fields of `"backend": "address"`. */
export const addressFields: readonly ProfileField[] = [
  backend('address', 'A Dask scheduler that somebody else runs: it is used, and never shut down.'),
  extendsField,
  required(
    'address',
    { kind: 'schedulerAddress' },
    {
      description: 'Address of the scheduler.',
      allowed: 'tcp://host:port, tls://host:port, ws://host:port or wss://host:port, with a port from 1 to 65535',
      example: 'tcp://127.0.0.1:8786',
    },
  ),
  optional(
    'dashboardUrl',
    { kind: 'httpUrl' },
    {
      description: 'Address of the dashboard. When left out: the scheduler is asked for it.',
      allowed: 'an address that begins with http:// or https://, such as http://127.0.0.1:8787',
      example: 'http://127.0.0.1:8787',
    },
  ),
  optional(
    'tls',
    { kind: 'tlsFiles' },
    {
      description: 'PEM files for `tls://` and `wss://` addresses.',
      allowed: '{ "ca": path, "cert": path, "key": path }, each absolute or beginning with ~ or ${workspaceFolder}',
      example: { ca: '~/dask/ca.pem', cert: '~/dask/cert.pem', key: '~/dask/key.pem' },
      whole: true,
    },
  ),
  choice(
    'localModules',
    {
      bring:
        'They are brought to the scheduler and its workers for as long as the run is connected. What is installed there stays what it is.',
      leave: 'Nothing is brought: tasks find the modules that are installed there.',
    },
    {
      default: 'bring',
      description: 'What becomes of the modules of yours that a script imports.',
      example: 'bring',
    },
  ),
  environment('Environment variables of the script. Those of the workers are not ours to set.'),
  interpreter,
];
