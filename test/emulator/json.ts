/** A message of an API as JSON. */
export type Json = Record<string, unknown>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path, such as `config.workerConfig.numInstances`. */
export function valueAt(message: unknown, path: string): unknown {
  let value = message;
  for (const name of path.split('.')) {
    value = isJson(value) ? value[name] : undefined;
  }
  return value;
}

export function setAt(message: Json, path: string, value: unknown): void {
  const names = path.split('.');
  const last = names.pop() ?? '';
  let target = message;
  for (const name of names) {
    const inner = target[name];
    if (isJson(inner)) {
      target = inner;
    } else {
      const made: Json = {};
      target[name] = made;
      target = made;
    }
  }
  if (value === undefined) {
    Reflect.deleteProperty(target, last);
  } else {
    target[last] = value;
  }
}

export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Milliseconds of a duration as JSON has it (`600s`), undefined without one. */
export function milliseconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.slice(0, -1)) * 1000;
}

/** A text of a message, empty when it has none. */
export function textOf(message: Json, name: string): string {
  const value = message[name];
  return typeof value === 'string' ? value : '';
}

/** A message without some of its fields. */
export function without<Message extends object, Name extends keyof Message>(
  message: Message,
  ...names: readonly Name[]
): Omit<Message, Name> {
  return Object.fromEntries(Object.entries(message).filter(([name]) => !names.includes(name as Name))) as Omit<
    Message,
    Name
  >;
}
