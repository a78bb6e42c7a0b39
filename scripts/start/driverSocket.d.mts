export interface DriverMessage {
  kind: string;
  [field: string]: unknown;
}

export interface DriverSocket {
  arrival(limits: { signal: AbortSignal; seconds: number }): Promise<'connected' | 'cancelled' | 'late'>;
  send(message: DriverMessage): void;
  next(kinds: readonly string[]): Promise<DriverMessage>;
  on(kind: string, action: (message: DriverMessage) => void): { dispose(): void };
  close(): void;
}

export function listenForDriver(socketPath: string): Promise<DriverSocket>;
