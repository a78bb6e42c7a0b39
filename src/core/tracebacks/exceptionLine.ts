import { beginsSomethingElse } from './noise';

const name = String.raw`(?:[\p{L}_][\p{L}\p{N}_]*|<locals>)`;
const line = new RegExp(String.raw`^(${name}(?:\.${name})*)(?:: ?(.*))?$`, 'u');
const longestMessage = 2000;
const mostLines = 40;

/** `ValueError: bad column`: what Python writes below the frames. */
export function exceptionLine(text: string): { type: string; message: string; said: boolean } | undefined {
  const match = line.exec(text);
  return match?.[1] === undefined
    ? undefined
    : { type: match[1], message: match[2] ?? '', said: match[2] !== undefined };
}

/** A word alone on a line is an exception only where it could be the name of its class. */
export function looksLikeException(type: string): boolean {
  const last = type.slice(type.lastIndexOf('.') + 1);
  return /^[\p{Lu}_]/u.test(last) || last.endsWith('Error') || last.endsWith('Exception') || type.includes('.');
}

/** A message of several lines: later lines belong to it until something begins that Python would print next. */
export function wholeMessage(first: string, rest: readonly string[], from: number): string {
  const message = [first];
  for (const text of rest.slice(from, from + mostLines)) {
    if (beginsSomethingElse(text)) {
      break;
    }
    message.push(text);
  }
  return cutMessage(message.join('\n'));
}

export function cutMessage(text: string): string {
  return text.trim().slice(0, longestMessage);
}
