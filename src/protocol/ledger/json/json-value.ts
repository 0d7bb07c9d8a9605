/**
 * A parsed JSON text whose every value knows the bytes it came from, so that an exact slice can be hashed and kept.
 * Objects are lists of members in their order, never JavaScript objects: a key such as "__proto__" is just a key.
 */

/** `start` is the offset of the value's first byte, `end` the offset after its last byte. */
interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

export interface JsonString extends JsonSpan {
  readonly type: 'string';
  /** Decoded: escapes resolved, nothing normalised. */
  readonly value: string;
}

export interface JsonNumber extends JsonSpan {
  readonly type: 'number';
  readonly value: number;
}

export interface JsonBoolean extends JsonSpan {
  readonly type: 'boolean';
  readonly value: boolean;
}

export interface JsonNull extends JsonSpan {
  readonly type: 'null';
  readonly value: null;
}

export interface JsonArray extends JsonSpan {
  readonly type: 'array';
  readonly value: readonly JsonValue[];
}

export interface JsonMember {
  readonly key: string;
  readonly value: JsonValue;
}

export interface JsonObject extends JsonSpan {
  readonly type: 'object';
  readonly value: readonly JsonMember[];
}

export type JsonValue = JsonString | JsonNumber | JsonBoolean | JsonNull | JsonArray | JsonObject;

/** The member's value; `undefined` when the object has no such key. Keys are unique. */
export function jsonMember(object: JsonObject, key: string): JsonValue | undefined {
  for (const member of object.value) if (member.key === key) return member.value;
  return undefined;
}
