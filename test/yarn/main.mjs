// YARN for tests that are not in JavaScript: node test/yarn/main.mjs [--nodes 2] [--memory MIB] [--vcores N] [--set NAME=VALUE]…
//
// DASK_TEST_JAVA and DASK_TEST_HADOOP say where Java and Hadoop's jars are; without them both are looked for, or fetched.
// Prints one line of JSON when it is up, {"java", "configuration", "classpath", "web", "nodes"}, and then answers each
// line on stdin, {"op": "addNode" | "killNode" | "decommission" | "killApplication" |
// "restartResourceManager" | "nodeState", …}, with one
// line, {"ok": true, "result"} or {"ok": false, "error"}. Everything ends when stdin does.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ensureHadoop } from '../../scripts/setup/hadoop.mjs';
import { exitAtSignals } from '../../scripts/setup/exitAtSignals.mjs';
import { YarnDaemons } from './yarnDaemons.mjs';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '2' },
    memory: { type: 'string', default: '4096' },
    vcores: { type: 'string', default: '4' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const size = { memory: Number(values.memory), vcores: Number(values.vcores) };
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

exitAtSignals();
console.log = console.error;
const { DASK_TEST_JAVA: java, DASK_TEST_HADOOP: jars } = process.env;
const hadoop = java !== undefined && jars !== undefined ? { java, jars } : await ensureHadoop();
const properties = Object.fromEntries(
  values.set.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
);
const yarn = new YarnDaemons(hadoop, { properties });
await yarn.start();
await Promise.all(Array.from({ length: Number(values.nodes) }, () => yarn.addNode(size)));
say({ ...yarn.client, nodes: yarn.nodes });

const acts = {
  addNode: (given) => yarn.addNode({ ...size, ...given }),
  killNode: ({ node }) => yarn.killNode(node),
  decommission: ({ node, seconds }) => yarn.decommission([node], seconds),
  killApplication: ({ id }) => yarn.killApplication(id),
  restartResourceManager: (given) => yarn.restartResourceManager(given),
  nodeState: ({ node }) => yarn.nodeState(node),
};
for await (const line of createInterface({ input: process.stdin })) {
  try {
    const { op, ...given } = JSON.parse(line);
    say({ ok: true, result: (await acts[op](given)) ?? null });
  } catch (error) {
    say({ ok: false, error: String(error) });
  }
}
await yarn.stop();
process.exit(0);
