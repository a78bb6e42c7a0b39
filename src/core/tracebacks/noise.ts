import type { Writer } from './block';

/** Lines of a logger: a time or a level first, or the names that Dask's, asyncio's and Tornado's have. */
const logLine =
  /^(?:\d{4}-\d\d-\d\d[T ]\d|\[?\d\d:\d\d:\d\d\b|\[\d\d\/\d\d\/\d\d |\[\d{4}-\d\d-\d\d|(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)(?::[\w.]*:|\s+[-|\]]|\s*$)|\[(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)\]|[\w.]+ - (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) - |\S+ - (?:distributed|tornado|asyncio|bokeh)\b)/;
const libraryLog = /\b(?:distributed|tornado|asyncio|bokeh)(?:\.[\w.]+)?\b/;

/** Python's own words above a traceback that did not end the script. */
const ignored =
  /^(?:Exception ignored (?:in|while|on)\b|Error in (?:atexit\._run_exitfuncs|sys\.excepthook|sys\.exitfunc|sitecustomize)|--- Logging error ---)/;
const elsewhere =
  /^(?:Exception in thread |Unhandled exception in (?:thread|event loop|client_connected_cb)|Process \S+:$|(?:Task|Future) exception was never retrieved|Exception in callback )|[:-] ?(?:(?:Task|Future) exception was never retrieved|Exception in callback )/;
/** Lines below those, before the traceback. */
const detail = /^(?:(?:future|task|handle|protocol|transport|socket|source_traceback|message): |\s+\S)/;

const mostDetails = 40;

const connector = /^(?:During handling of the above exception|The above exception was the direct cause)/;
/** `path:12: UserWarning: …`, with the line of code below it, and what ends with the interpreter. */
const warning = /^(?:sys|[^\s:].*|[A-Za-z]:.*):\d+: \w*Warning\b/;
const lastWords =
  /^(?:Task was destroyed but it is pending|Unclosed (?:client session|connector|connection)|(?:client_session|connector|connections): |Object allocated at|Original exception was:|Call stack:|Fatal Python error: |Segmentation fault|Aborted\b|Terminated\b|resource_tracker: )/;
const bar = /^[^|]{0,80}?\d+%\|.*\|/;
const heading = /^(?:={8,} .* ={3,}|-{70,}|_{8,} .* _{3,})$/;

export function isConnector(line: string): boolean {
  return connector.test(line);
}

export function isLogLine(line: string): boolean {
  return logLine.test(line);
}

export function isWarning(line: string): boolean {
  return warning.test(line);
}

export function isBar(line: string): boolean {
  return bar.test(line);
}

/** True for a line that cannot go on with a message: what Python, Dask and others print by themselves. */
export function beginsSomethingElse(line: string): boolean {
  return (
    line.includes('Traceback (most recent call last)') ||
    line === '"""' ||
    /^\s*\+-|^[╭╰]─/.test(line) ||
    isConnector(line) ||
    isOthers(line)
  );
}

/** True for what nobody's script says: logs, warnings, bars, and the noise of an interpreter that ends. */
export function isOthers(line: string): boolean {
  return [logLine, ignored, elsewhere, warning, lastWords, bar, heading].some((pattern) => pattern.test(line));
}

/**
 * Who printed a traceback, by the lines above its header.
 *
 * @param at line of the header
 * @param before text before the header in its own line
 * @param down true where it comes down from a line of a module, as what nothing caught does: then a line of a logger
 * above it is by chance
 */
export function writerOf(lines: readonly string[], at: number, before: string, down: boolean): Writer {
  const above = before.trim() === '' ? introduction(lines, at) : before;
  if (ignored.test(above)) {
    return 'ignored';
  }
  if (elsewhere.test(above)) {
    return 'elsewhere';
  }
  if (down) {
    return 'script';
  }
  if (logLine.test(above)) {
    return libraryLog.test(above) ? 'elsewhere' : 'log';
  }
  return 'handler';
}

function introduction(lines: readonly string[], at: number): string {
  let above = at - 1;
  while (above > at - mostDetails && detail.test(lines[above] ?? '')) {
    above--;
  }
  return lines[above] ?? '';
}
