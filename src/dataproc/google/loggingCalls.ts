import type { LogEntry, LoggingApi } from './googleApi';
import type { GoogleClients } from './googleClients';
import { listAt, objectAt, textAt, textsAt, type Json } from './wire';

const host = 'logging.googleapis.com';

export class LoggingCalls implements LoggingApi {
  constructor(
    private readonly clients: GoogleClients,
    private readonly originOf: (host: string) => string,
  ) {}

  async entries(project: string, filter: string, pageSize: number, signal: AbortSignal): Promise<readonly LogEntry[]> {
    const request = { resourceNames: [`projects/${project}`], filter, orderBy: 'timestamp asc', pageSize };
    const answer = await this.clients.call({ origin: this.originOf(host), tries: 3, signal }, (options) =>
      this.clients.logging.listLogEntries(request, options),
    );
    return listAt(answer, 'entries').map((entry) => entryOf(entry as Json));
  }
}

function entryOf(entry: Json): LogEntry {
  const payload = objectAt(entry, 'jsonPayload');
  const labels = textsAt(entry, 'labels');
  const names = [
    labels['compute.googleapis.com/resource_name'],
    labels['dataproc.googleapis.com/node_name'],
    textAt(payload, 'hostname'),
    textAt(payload, 'machine'),
  ];
  const machine = names.find((name) => name !== undefined && name !== '');
  return {
    insertId: textAt(entry, 'insertId'),
    timestamp: textAt(entry, 'timestamp'),
    machine,
    text: textOf(entry, payload),
  };
}

function textOf(entry: Json, payload: Json): string {
  const texts = [textAt(entry, 'textPayload'), textAt(payload, 'message'), textAt(payload, 'MESSAGE')];
  const text = texts.find((one) => one !== '');
  return text ?? (Object.keys(payload).length === 0 ? '' : JSON.stringify(payload));
}
