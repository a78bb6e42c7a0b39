/** What a value in settings may be. */
export type FieldType =
  | { kind: 'choice'; values: readonly { value: string; description: string }[] }
  /** One value, such as `false` for never. */
  | { kind: 'constant'; value: number | boolean }
  | { kind: 'boolean' }
  | { kind: 'integer'; minimum: number; maximum: number }
  | { kind: 'number'; minimum: number; maximum: number }
  /** The whole text fits the pattern, which is read with the flag `u`. */
  | { kind: 'text'; pattern: RegExp }
  /** @property shared how many `"shared"` stands for, where that may be written: `usual` are as many as when left out */
  | { kind: 'workers'; minimum: number; maximum: number; shared?: number | 'usual' }
  /** A size, `auto` or `none`. */
  | { kind: 'memory'; minimumBytes: number; maximumBytes: number }
  | { kind: 'size'; minimumBytes: number; maximumBytes: number }
  | { kind: 'duration'; minimumSeconds: number; maximumSeconds: number }
  | { kind: 'environment' }
  /** @property named what the name of the file itself must be */
  | { kind: 'file'; named?: RegExp }
  | { kind: 'schedulerAddress' }
  | { kind: 'httpUrl' }
  | { kind: 'tlsFiles' }
  /** No two alike. */
  | { kind: 'list'; item: FieldType; itemAllowed: string; maximum: number }
  | { kind: 'map'; keys: RegExp; keysAllowed: string; value: FieldType; valueAllowed: string; maximum: number }
  | { kind: 'object'; fields: readonly ProfileField[] }
  /** The first that fits. */
  | { kind: 'either'; types: readonly FieldType[] };

export interface ProfileField {
  /** The key in settings. */
  name: string;
  type: FieldType;
  required: boolean;
  /** As it would be written; undefined where leaving the field out means something that cannot be written. */
  default: unknown;
  /** Two sentences at most: what it is, and what leaving it out means. */
  description: string;
  /** What is allowed, in words that follow `Allowed: `. */
  allowed: string;
  /** A value to complete with. */
  example: unknown;
  /** Fields beside it that say the same in another way: only one of them may be written. */
  instead: readonly string[];
  /** Whether a profile that extends another one takes its value as a whole, and never a part of it. */
  whole: boolean;
}

type Texts = Pick<ProfileField, 'description' | 'allowed' | 'example'> &
  Partial<Pick<ProfileField, 'default' | 'instead' | 'whole'>>;

export function optional(name: string, type: FieldType, texts: Texts): ProfileField {
  return { name, type, required: false, default: undefined, instead: [], whole: false, ...texts };
}

export function required(name: string, type: FieldType, texts: Texts): ProfileField {
  return { ...optional(name, type, texts), required: true };
}

/** A switch. @param description what it is when it is on */
export function toggle(name: string, standard: boolean, description: string): ProfileField {
  return optional(
    name,
    { kind: 'boolean' },
    {
      default: standard,
      description,
      allowed: 'true or false',
      example: !standard,
    },
  );
}

export function choice(
  name: string,
  values: Readonly<Record<string, string>>,
  texts: Omit<Texts, 'allowed'>,
): ProfileField {
  const words = Object.keys(values).map((value) => `"${value}"`);
  return optional(
    name,
    { kind: 'choice', values: Object.entries(values).map(([value, description]) => ({ value, description })) },
    { ...texts, allowed: words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` },
  );
}
