/** What is wrong with the address of a scheduler; undefined when nothing is. */
export function addressProblem(text: string): string | undefined {
  if (text === '') {
    return 'An address is needed, such as tcp://host:8786.';
  }
  const match = /^(\w+):\/\/(?:\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+)(?::(\d+))?$/.exec(text);
  const scheme = match?.[1];
  if (match === null || scheme === undefined) {
    return 'An address is of the form tcp://host:8786.';
  }
  if (!['tcp', 'tls', 'ws', 'wss'].includes(scheme)) {
    return `${scheme}:// is not a protocol of Dask. Allowed: tcp, tls, ws, wss.`;
  }
  if (match[2] === undefined) {
    return 'The port is missing. The usual one is 8786.';
  }
  const port = Number(match[2]);
  return port >= 1 && port <= 65_535 ? undefined : 'The port is out of range. Allowed: 1 to 65535.';
}

/** `host:8786` of `tcp://host:8786`. */
export function addressHost(address: string): string {
  return address.replace(/^\w+:\/\//, '');
}
