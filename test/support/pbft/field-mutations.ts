/**
 * Every way to make one field of a message wrong, found by walking the message: a field that is added is mutated like all others,
 * and one of a kind that is not known here is an error.
 */

export interface FieldMutation {
  /** Path of the field; `[]` stands for any place in a list. */
  readonly field: string;
  readonly change: string;
  /** The message with that one field changed. */
  readonly message: unknown;
}

interface Change {
  readonly field: string;
  readonly change: string;
  readonly value: unknown;
}

/** Fields that may be left out, with what stands there when another message has it. */
export type OptionalFields = Readonly<Record<string, unknown>>;

/** Where a field has fewer of them, the others cannot be written, and are left out. */
const ENUMERATIONS: Readonly<Record<string, readonly string[]>> = {
  kind: ['propose', 'prepare', 'commit', 'viewChange', 'newView'],
  phase: ['active', 'changing'],
  standing: ['voting', 'waking', 'observing', 'quarantined', 'halted'],
};
const ZERO = '0'.repeat(64);
const FAR = 1_000;
/** One more than the largest number that the wire carries in 32 bits, and in 64. */
const TOO_LARGE = [2 ** 32, 2 ** 53];

const join = (field: string, name: string): string => (field === '' ? name : `${field}.${name}`);
const lastName = (field: string): string => field.split('.').at(-1)!.replaceAll('[]', '');

function* numberChanges(value: number): Generator<readonly [string, unknown]> {
  yield ['one more', value + 1];
  if (value > 0) yield ['one less', value - 1];
  if (value > 1) yield ['zero', 0];
  yield ['far more', value + FAR];
  for (const large of TOO_LARGE) yield [`${large}`, large];
}

function* digestChanges(value: string): Generator<readonly [string, unknown]> {
  yield ['another digest', (value.startsWith('a') ? 'b' : 'a') + value.slice(1)];
  if (value !== ZERO) yield ['zeros', ZERO];
  yield ['a byte less', value.slice(2)];
  yield ['a byte more', `${value}00`];
  yield ['nothing', ''];
}

function* bytesChanges(value: Uint8Array): Generator<readonly [string, unknown]> {
  const flipped = value.slice();
  flipped[value.length >> 1]! ^= 4;
  yield ['a bit turned', flipped];
  yield ['zeros', new Uint8Array(value.length)];
  yield ['a byte less', value.slice(1)];
  yield ['a byte more', Uint8Array.of(...value, 0)];
  yield ['nothing', new Uint8Array(0)];
}

function* leafChanges(value: unknown, name: string): Generator<readonly [string, unknown]> {
  if (typeof value === 'number') yield* numberChanges(value);
  else if (typeof value === 'boolean') yield ['the opposite', !value];
  else if (value instanceof Uint8Array) yield* bytesChanges(value);
  else if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) yield* digestChanges(value);
  else if (typeof value === 'string' && ENUMERATIONS[name] !== undefined) {
    for (const other of ENUMERATIONS[name]) if (other !== value) yield [other, other];
  } else throw new Error(`no mutation is known for the field ${name}: ${String(value)}`);
}

function* listChanges(list: readonly unknown[]): Generator<readonly [string, readonly unknown[]]> {
  if (list.length === 0) return;
  yield ['the first left out', list.slice(1)];
  if (list.length > 1) yield ['the last left out', list.slice(0, -1)];
  yield ['the first twice', [list[0], ...list]];
  yield ['the last twice', [...list, list.at(-1)]];
  if (list.length < 2) return;
  yield ['nothing in it', []];
  yield ['two exchanged', [list[1], list[0], ...list.slice(2)]];
  yield ['the first in place of the second', [list[0], list[0], ...list.slice(2)]];
}

function* changesOf(value: unknown, field: string, optional: OptionalFields): Generator<Change> {
  const name = lastName(field);
  if (name in optional) {
    const other = optional[name];
    if (value !== undefined) yield { field, change: 'left out', value: undefined };
    else {
      yield { field, change: 'present', value: other };
      return;
    }
  }
  if (Array.isArray(value)) {
    for (const [change, list] of listChanges(value)) yield { field, change, value: list };
    for (const [index, item] of value.entries()) {
      for (const inner of changesOf(item, `${field}[]`, optional)) {
        yield { ...inner, value: value.map((old: unknown, at) => (at === index ? inner.value : old)) };
      }
    }
  } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    yield* objectChanges(value, field, optional);
  } else for (const [change, changed] of leafChanges(value, name)) yield { field, change, value: changed };
}

function* objectChanges(value: object, field: string, optional: OptionalFields): Generator<Change> {
  for (const [key, item] of Object.entries(value)) {
    // Which message it is, is not written in it: it is its place in the frame.
    if (key === 'type') continue;
    for (const inner of changesOf(item, join(field, key), optional)) {
      yield { ...inner, value: { ...value, [key]: inner.value } };
    }
  }
}

/** All of them; the message itself stays as it is. */
export function fieldMutations(message: object, optional: OptionalFields): readonly FieldMutation[] {
  return [...objectChanges(message, '', optional)].map(({ field, change, value }) => ({
    field,
    change,
    message: value,
  }));
}

type Pick = <Item>(items: readonly Item[]) => Item;
type Descent = (value: unknown, field: string) => Change | undefined;

function randomItem(
  list: readonly unknown[],
  field: string,
  pick: Pick,
  descend: Descent,
): Change | undefined {
  const whole = [...listChanges(list)].map(([change, value]) => (): Change => ({ field, change, value }));
  const single = list.map((item, index) => (): Change | undefined => {
    const inner = descend(item, `${field}[]`);
    return inner && { ...inner, value: list.map((old, at) => (at === index ? inner.value : old)) };
  });
  return list.length === 0 ? undefined : pick([...whole, ...single])();
}

/** A choice among fields and changes at every level, so that what lies deep is not drowned by long lists. */
function randomChange(
  value: unknown,
  field: string,
  optional: OptionalFields,
  pick: Pick,
): Change | undefined {
  const descend: Descent = (inner, path) => randomChange(inner, path, optional, pick);
  const name = lastName(field);
  if (name in optional && (value === undefined || pick([true, false, false, false]))) {
    return { field, change: 'left out or added', value: value === undefined ? optional[name] : undefined };
  }
  if (Array.isArray(value)) return randomItem(value, field, pick, descend);
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    const key = pick(Object.keys(value).filter((each) => each !== 'type'));
    const inner = descend((value as Readonly<Record<string, unknown>>)[key], join(field, key));
    return inner && { ...inner, value: { ...value, [key]: inner.value } };
  }
  const [change, changed] = pick([...leafChanges(value, name)]);
  return { field, change, value: changed };
}

/** One of them, as `pick` chooses; `undefined` where it has chosen a list with nothing in it. */
export function randomMutation(
  message: object,
  optional: OptionalFields,
  pick: Pick,
): FieldMutation | undefined {
  const found = randomChange(message, '', optional, pick);
  return found && { field: found.field, change: found.change, message: found.value };
}
