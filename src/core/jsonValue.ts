/** JSON that somebody else wrote, read field by field: a missing or wrong field is `undefined`, never an error. */
export type JsonRecord = Readonly<Record<string, unknown>>;

export function asRecord(value: unknown): JsonRecord | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : undefined;
}

export function recordField(record: JsonRecord | undefined, key: string): JsonRecord | undefined {
  return asRecord(record?.[key]);
}

export function stringField(record: JsonRecord | undefined, key: string): string | undefined {
  const value = record?.[key];
  return typeof value === 'string' ? value : undefined;
}

/** Finite numbers only. */
export function numberField(record: JsonRecord | undefined, key: string): number | undefined {
  const value = record?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function booleanField(record: JsonRecord | undefined, key: string): boolean | undefined {
  const value = record?.[key];
  return typeof value === 'boolean' ? value : undefined;
}

/** An ISO 8601 time as milliseconds since 1970. */
export function timeField(record: JsonRecord | undefined, key: string): number | undefined {
  const text = stringField(record, key);
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** One of a closed set of words. */
export function wordField<T extends string>(
  record: JsonRecord | undefined,
  key: string,
  words: readonly T[],
): T | undefined {
  const text = stringField(record, key);
  return words.find((word) => word === text);
}

/** The texts of a record by name, such as environment variables; what is no text is left out. */
export function textsOf(record: JsonRecord | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
