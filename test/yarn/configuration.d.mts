export type Properties = Readonly<Record<string, string | number | boolean>>;

/** The one that a cluster has unless it is told otherwise. */
export declare function oneQueue(): Properties;
