// Where the tools keep what they fetch and write. Nothing outside the checkout is touched.
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..', '..');
/** Fetched tools, and the profiles of the editors that tests and `npm start` open. */
export const cache = path.join(root, '.vscode-test');
export const dist = path.join(root, 'dist');
/** Compiled tests. */
export const out = path.join(root, 'out');
export const results = path.join(root, 'test-results');
export const python = path.join(root, 'python');
