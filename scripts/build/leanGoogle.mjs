// What of Google's libraries does not ship: gRPC, and another way to make calls than our transport.

/** By name, what stands for a module. */
const stands = {
  // All that speaks REST, and what the clients ask for beside it.
  'google-gax': `
    export * from 'google-gax/fallback';
    export const loggingUtils = require('google-logging-utils');`,
  'node-fetch': `
    export default function fetch() {
      throw new Error('Calls of Google go through the transport.');
    }`,
};

/** @type {import('esbuild').Plugin} */
export const leanGoogle = {
  name: 'lean-google',
  setup(build) {
    build.onResolve({ filter: /^(google-gax|node-fetch)$/ }, ({ path, resolveDir }) => ({
      path,
      namespace: 'lean-google',
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /.*/, namespace: 'lean-google' }, ({ path, pluginData }) => ({
      contents: stands[path],
      resolveDir: pluginData,
    }));
  },
};
