import { isJson, type Json } from '../json';
import { findType, messageType, type EnumType, type MessageType } from './protoSchema';

const typeUrl = 'type.googleapis.com/';

/** An answer with numbers for enums, which clients ask for with `$alt=json;enum-encoding=int`. */
export function encodeEnums(typeName: string, value: Json): Json {
  return message(messageType(typeName), value);
}

function message(type: MessageType, value: Json): Json {
  if (type.name === 'google.protobuf.Any') {
    const packed = String(value['@type']).slice(typeUrl.length);
    const inner = findType(packed);
    return inner?.kind === 'message' ? message(inner, value) : value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const field = type.fields.get(name);
      const fieldType = field === undefined ? undefined : findType(field.type, type.name);
      if (field === undefined || fieldType === undefined || field.map) {
        return [name, inner];
      }
      return [name, Array.isArray(inner) ? inner.map((item) => single(fieldType, item)) : single(fieldType, inner)];
    }),
  );
}

function single(type: MessageType | EnumType, value: unknown): unknown {
  if (type.kind === 'enum') {
    return typeof value === 'string' ? (type.values.get(value) ?? value) : value;
  }
  return isJson(value) ? message(type, value) : value;
}
