import type { FieldType, ProfileField } from './fields/field';
import { isObject } from './profileValue';

/** A profile as it is written. */
export type Written = Readonly<Record<string, unknown>>;

export interface Inherited {
  /** What the profile says, and what those say that it extends. */
  value: Written;
  /** Name of the profile that says what is at that path, where that is another one. */
  from: (path: readonly (string | number)[]) => string | undefined;
}

/** Why a profile cannot extend the one that it names; a sentence, and what is allowed. */
export interface BadParent {
  why: string;
  allowed: string;
}

/**
 * A profile with what it takes from others.
 *
 * @param profiles everything that `dask.profiles` has, and the built-in one
 * @param fields of its backend
 * @param isUsable whether the profile of that name is right by itself
 */
export function inherit(
  name: string,
  own: Written,
  profiles: Readonly<Record<string, unknown>>,
  fields: readonly ProfileField[],
  isUsable: (name: string) => boolean,
): Inherited | BadParent {
  const chain: { name: string; value: Written }[] = [{ name, value: own }];
  for (let last = own; typeof last['extends'] === 'string';) {
    const parent = last['extends'];
    const value = Object.hasOwn(profiles, parent) ? profiles[parent] : undefined;
    const path = [...chain.map((one) => one.name), parent].join(' → ');
    const through = chain.length === 1 ? '' : ` The chain is ${path}.`;
    if (chain.some((one) => one.name === parent)) {
      return { why: `The chain ${path} never ends.`, allowed: 'a profile that does not extend this one' };
    }
    if (value === undefined) {
      return { why: `There is no profile "${parent}".${through}`, allowed: namesOf(profiles, name, own['backend']) };
    }
    if (isObject(value) && value['backend'] !== own['backend']) {
      const backend = JSON.stringify(value['backend']) as string | undefined;
      return {
        why: `The backend of "${parent}" is ${backend ?? 'missing'}, and that of "${name}" is ${JSON.stringify(own['backend'])}.${through}`,
        allowed: namesOf(profiles, name, own['backend']),
      };
    }
    if (!isObject(value)) {
      return { why: `"${parent}" is not a profile.${through}`, allowed: namesOf(profiles, name, own['backend']) };
    }
    chain.push({ name: parent, value });
    last = value;
  }
  const parent = chain[1]?.name;
  if (parent !== undefined && !isUsable(parent)) {
    return { why: `"${parent}" is not right by itself.`, allowed: 'a profile that can be used by itself' };
  }
  return {
    value: chain.map((one) => one.value).reduceRight((base, value) => merge(base, value, fields)),
    from: (path) => {
      const first = chain.find((one) => has(one.value, path))?.name;
      return first === name ? undefined : first;
    },
  };
}

function namesOf(profiles: Written, name: string, backend: unknown): string {
  const names = Object.entries(profiles)
    .filter(([other, value]) => other !== name && isObject(value) && value['backend'] === backend)
    .map(([other]) => `"${other}"`);
  return names.length === 0 ? 'nothing, as no other profile has this backend' : names.join(', ');
}

function has(value: unknown, path: readonly (string | number)[]): boolean {
  const [key, ...rest] = path;
  return (
    key === undefined ||
    (typeof value === 'object' &&
      value !== null &&
      Object.hasOwn(value, key) &&
      has((value as Record<string | number, unknown>)[key], rest))
  );
}

/** What `own` says, and what `base` says beside it. Of what can be written in one of two ways only `own`'s is kept. */
function merge(base: Written, own: Written, fields: readonly ProfileField[]): Written {
  const field = (name: string): ProfileField | undefined => fields.find((one) => one.name === name);
  const dropped = Object.keys(own).flatMap((name) => ['extends', ...(field(name)?.instead ?? [])]);
  const kept = Object.entries(base).filter(([name]) => !dropped.includes(name));
  const merged = Object.entries(own).map(([name, value]) => {
    const inside = field(name);
    const under = base[name];
    const parts = inside?.whole === false ? partsOf(inside.type) : undefined;
    return [name, parts !== undefined && isObject(value) && isObject(under) ? merge(under, value, parts) : value];
  });
  return Object.fromEntries([...kept, ...merged]) as Written;
}

/** Fields of what is an object; none of them are known for a map, whose entries are taken one by one. */
function partsOf(type: FieldType): readonly ProfileField[] | undefined {
  switch (type.kind) {
    case 'object':
      return type.fields;
    case 'map':
    case 'environment':
      return [];
    case 'either':
      return type.types.map(partsOf).find((parts) => parts !== undefined);
    default:
      return undefined;
  }
}
