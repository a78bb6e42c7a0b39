export interface Gate {
  url: string;
  authority: string;
  /** Goes into the first URL as `key`. */
  secret: string;
  close(): void;
}

export function openGate(options: { port: number; socket: string }): Promise<Gate>;
