import type { Properties } from './configuration.mjs';

/** What `ensureHadoop` returns. */
export interface Hadoop {
  readonly java: string;
  /** A folder. */
  readonly jars: string;
}

export interface YarnOptions {
  /** Added to, or in place of, what configuration.mjs says. */
  readonly properties?: Properties;
  /** All of the capacity scheduler's configuration. */
  readonly queues?: Properties;
  /** Loopback address of the ResourceManager. */
  readonly host?: string;
  /** Part of the folder's name, by which its processes can be told. */
  readonly name?: string;
}

export declare class YarnDaemons {
  constructor(hadoop: Hadoop, options?: YarnOptions);
  /** What a client needs: Java, HADOOP_CONF_DIR, the class path, and the web address. */
  readonly client: {
    readonly java: string;
    readonly configuration: string;
    readonly classpath: string;
    readonly web: string;
  };
  readonly nodes: string[];
  start(): Promise<void>;
  addNode(node?: { memory?: number; vcores?: number; address?: string }): Promise<string>;
  nodeState(address: string): Promise<string | undefined>;
  killNode(address: string): Promise<void>;
  decommission(addresses: readonly string[], seconds: number): Promise<void>;
  /** What the ResourceManager answers at `/ws/v1/cluster/…`; undefined while it does not. */
  ask(what: string): Promise<unknown>;
  stop(): Promise<void>;
}
