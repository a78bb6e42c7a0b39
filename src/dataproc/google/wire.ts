// Reading of JSON that came from afar: what has another form than expected is taken as absent.

export type Json = Readonly<Record<string, unknown>>;

export function objectAt(value: unknown, ...path: readonly string[]): Json {
  const found = path.reduce<unknown>((at, key) => (isJson(at) ? at[key] : undefined), value);
  return isJson(found) ? found : {};
}

export function listAt(value: unknown, key: string): readonly unknown[] {
  const found = isJson(value) ? value[key] : undefined;
  return Array.isArray(found) ? (found as unknown[]) : [];
}

/** '' where there is none. */
export function textAt(value: unknown, key: string): string {
  const found = isJson(value) ? value[key] : undefined;
  return typeof found === 'string' ? found : '';
}

/** 64-bit numbers come as texts. */
export function numberAt(value: unknown, key: string): number {
  const found = isJson(value) ? value[key] : undefined;
  const number = typeof found === 'string' && found !== '' ? Number(found) : found;
  return typeof number === 'number' && Number.isFinite(number) ? number : 0;
}

export function textsAt(value: unknown, key: string): Readonly<Record<string, string>> {
  const entries = Object.entries(objectAt(value, key));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Milliseconds since 1970 of an RFC 3339 time. */
export function timeAt(value: unknown, key: string): number | undefined {
  const time = Date.parse(textAt(value, key));
  return Number.isNaN(time) ? undefined : time;
}

/** Enums come as names or as numbers. @param names by number; the first stands for what is not known */
export function enumAt<Name extends string>(value: unknown, key: string, names: readonly [Name, ...Name[]]): Name {
  const found = isJson(value) ? value[key] : undefined;
  const name = typeof found === 'number' ? names[found] : names.find((one) => one === found);
  return name ?? names[0];
}

/** The last part of a name such as `projects/p/zones/z`. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
