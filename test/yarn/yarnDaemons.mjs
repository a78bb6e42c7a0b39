// A real ResourceManager and NodeManagers on this machine, each on a loopback address of its own (Linux).
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as configuration from './configuration.mjs';
import { killAll } from './guard.mjs';

// They take 2 to 5 s, and have taken 45 s where many tests shared two processors.
const START_SECONDS = 300;
const heap = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const classes = {
  resourceManager: 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager',
  nodeManager: 'org.apache.hadoop.yarn.server.nodemanager.NodeManager',
  application: 'org.apache.hadoop.yarn.client.cli.ApplicationCLI',
  admin: 'org.apache.hadoop.yarn.client.cli.RMAdminCLI',
};

/**
 * Starts and ends them. Whatever happens to this process, nothing is left: a guard waits for its end.
 * One for each "machine": a node's containers end with it, as those of a real machine do.
 */
export class YarnDaemons {
  #java;
  #jars;
  #folder;
  #properties;
  #queues;
  #host;
  #guard;
  #resourceManager;
  #nodes = new Map();
  #next = 11;
  #ports;
  #choosing;

  /**
   * @param {{java: string, jars: string}} hadoop what `ensureHadoop` returns
   * @param {import('./yarnDaemons.mjs').YarnOptions} options what is not as usual
   */
  constructor(
    { java, jars },
    { properties = {}, queues = configuration.queues(), host = '127.0.0.10', name = '' } = {},
  ) {
    this.#java = java;
    this.#jars = jars;
    this.#properties = properties;
    this.#queues = queues;
    this.#host = host;
    this.#folder = mkdtempSync(path.join(tmpdir(), `yarn-${name}`));
    this.#guard = spawn(process.execPath, [path.join(import.meta.dirname, 'guard.mjs'), this.#folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
  }

  /** What a client needs: HADOOP_CONF_DIR, the class path, and the web address. */
  get client() {
    const conf = path.join(this.#folder, 'conf');
    return {
      java: this.#java,
      configuration: conf,
      classpath: `${conf}:${this.#jars}/*`,
      web: `http://${this.#host}:${this.#ports?.[4]}`,
    };
  }

  /** @returns {string[]} the loopback addresses of the nodes that were added and not killed */
  get nodes() {
    return [...this.#nodes.keys()];
  }

  /** Starts the ResourceManager, and waits until it answers. */
  async start() {
    await this.#choosePorts();
    const folder = this.#folder;
    const conf = path.join(folder, 'conf');
    if (!existsSync(path.join(folder, 'exclude'))) {
      writeFileSync(path.join(folder, 'exclude'), '');
    }
    this.#write(conf, { ...this.#site(), ...this.#properties });
    this.#resourceManager = this.#spawn('resourceManager', conf, 'resourcemanager');
    const started = async () => (await this.ask('info'))?.clusterInfo?.state === 'STARTED';
    await this.#until(started, this.#resourceManager, 'resourcemanager');
  }

  /**
   * Adds a machine, and waits until it can be used; also while the ResourceManager starts.
   * @param {{memory?: number, vcores?: number, address?: string}} node memory in MiB; a loopback address, not used before
   * @returns {Promise<string>} its loopback address
   */
  async addNode({ memory = 4096, vcores = 4, address = `127.0.0.${this.#next++}` } = {}) {
    await this.#choosePorts();
    const folder = path.join(this.#folder, `node-${address}`);
    mkdirSync(folder);
    const conf = path.join(folder, 'conf');
    this.#write(conf, {
      ...this.#site(),
      ...configuration.nodeManager({ host: address, folder, memory, vcores }),
      ...this.#properties,
    });
    const log = `node-${address}/nodemanager`;
    const child = this.#spawn('nodeManager', conf, log);
    this.#nodes.set(address, child);
    await this.#until(async () => (await this.nodeState(address)) === 'RUNNING', child, log);
    return address;
  }

  /** @returns {Promise<string | undefined>} as YARN calls it: RUNNING, DECOMMISSIONING, DECOMMISSIONED, LOST … */
  async nodeState(address) {
    const states = 'states=NEW,RUNNING,UNHEALTHY,DECOMMISSIONED,LOST,REBOOTED,DECOMMISSIONING,SHUTDOWN';
    const nodes = (await this.ask(`nodes?${states}`))?.nodes?.node ?? [];
    return nodes.filter((node) => node.nodeHostName === address).at(-1)?.state;
  }

  /** @returns {Promise<any>} what the ResourceManager answers at /ws/v1/cluster/…; undefined while it does not */
  async ask(what) {
    try {
      const answer = await fetch(`${this.client.web}/ws/v1/cluster/${what}`, { signal: AbortSignal.timeout(5000) });
      return answer.ok ? await answer.json() : undefined;
    } catch {
      return undefined;
    }
  }

  /** Ends a machine as a power cut does: NodeManager, containers and all. */
  async killNode(address) {
    this.#nodes.delete(address);
    const folder = path.join(this.#folder, `node-${address}`);
    killAll(`${folder}/`);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Takes nodes out once their applications have ended, or after so many seconds; at once for 0. */
  async decommission(addresses, seconds) {
    const file = path.join(this.#folder, 'exclude');
    writeFileSync(file, `${readFileSync(file, 'utf8')}${addresses.join('\n')}\n`);
    await this.#run('admin', ['-refreshNodes', ...(seconds > 0 ? ['-g', String(seconds), '-server'] : [])]);
  }

  /** Ends an application as an administrator does. */
  async killApplication(id) {
    await this.#run('application', ['application', '-kill', id]);
  }

  /** Kills the ResourceManager and starts it again on the same ports. */
  async restartResourceManager({ downSeconds = 0 } = {}) {
    await end(this.#resourceManager, 'SIGKILL');
    await delay(downSeconds * 1000);
    await this.start();
  }

  /** Ends everything and removes the folder. */
  async stop() {
    const gone = new Promise((resolve) => this.#guard.on('exit', resolve));
    this.#guard.stdin.end();
    await gone;
  }

  /** Once for all: nodes that start meanwhile, and a ResourceManager that starts again, need them too. */
  async #choosePorts() {
    this.#choosing ??= freePorts(this.#host, 5);
    this.#ports = await this.#choosing;
  }

  /** What all daemons and clients share. */
  #site() {
    return configuration.resourceManager({ host: this.#host, folder: this.#folder, ports: this.#ports });
  }

  #write(folder, properties) {
    mkdirSync(folder, { recursive: true });
    // Both: Hadoop reads some keys from one only, and others do no harm.
    for (const name of ['core-site.xml', 'yarn-site.xml']) {
      writeFileSync(path.join(folder, name), configuration.toXml(properties));
    }
    writeFileSync(path.join(folder, 'capacity-scheduler.xml'), configuration.toXml(this.#queues));
    writeFileSync(path.join(folder, 'log4j.properties'), configuration.log4j);
  }

  #environment(conf) {
    // The folder is the mark by which the guard knows them.
    return { ...process.env, HADOOP_CONF_DIR: conf, YARN_DAEMONS_FOLDER: conf };
  }

  #command(name, conf, args) {
    const open = ['--add-opens', 'java.base/java.lang=ALL-UNNAMED'];
    return [...heap, ...open, '-cp', `${conf}:${this.#jars}/*`, classes[name], ...args];
  }

  #spawn(name, conf, log) {
    const file = openSync(path.join(this.#folder, `${log}.log`), 'a');
    const child = spawn(this.#java, this.#command(name, conf, []), {
      stdio: ['ignore', file, file],
      env: this.#environment(conf),
      cwd: this.#folder,
      detached: true,
    });
    closeSync(file);
    return child;
  }

  #run(name, args) {
    const conf = path.join(this.#folder, 'conf');
    return new Promise((resolve, reject) => {
      const options = { stdio: 'ignore', env: this.#environment(conf), cwd: this.#folder };
      spawn(this.#java, this.#command(name, conf, args), options)
        .on('error', reject)
        .on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${name} ${args.join(' ')}: ${code}`))));
    });
  }

  async #until(condition, child, log) {
    const deadline = performance.now() + START_SECONDS * 1000;
    while (!(await condition())) {
      const ended = child.exitCode !== null || child.signalCode !== null;
      if (ended || performance.now() > deadline) {
        const file = path.join(this.#folder, `${log}.log`);
        const text = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-30).join('\n') : '';
        throw new Error(`${ended ? 'Has ended' : `Not within ${START_SECONDS} s`}: ${log}\n${text}`);
      }
      await delay(50);
    }
  }
}

async function end(child, signal) {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.on('exit', resolve));
    child.kill(signal);
    await gone;
  }
}

async function freePorts(address, count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve, reject) => {
          const server = createServer().on('error', reject);
          server.listen(0, address, () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
