/** A strictly parsed JSON text as plain values for a schema; objects have no prototype, so "__proto__" is just a key. */
import type { JsonValue } from '../../protocol/ledger/json/json-value.js';

export function jsonValueToPlain(value: JsonValue): unknown {
  if (value.type === 'array') return value.value.map(jsonValueToPlain);
  if (value.type !== 'object') return value.value;
  const plain = Object.create(null) as Record<string, unknown>;
  for (const member of value.value) plain[member.key] = jsonValueToPlain(member.value);
  return plain;
}
