/** RFC 3339 to milliseconds, by arithmetic alone: the same at every node, whatever its clock and time zone. */

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
}

/** Days from 1970-01-01 to a day of the Gregorian calendar; years begin with March, so that the day that comes and goes is their last. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return 365 * marchYear + leapDays + dayOfYear - 719_468;
}

/**
 * `undefined` for every other text, and for a day or time that the calendar does not have: without an offset it says no point in
 * time. A leap second is that of the minute after; fractions beyond milliseconds are cut off.
 */
export function timeToMs(text: string): number | undefined {
  const found = RFC_3339.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const isTime = hour <= 23 && minute <= 59 && second <= 60;
  if (!isTime || day < 1 || day > daysInMonth(year, month)) return undefined;
  const [fraction = '', sign = '+', offsetHours = '0', offsetMinutes = '0'] = found.slice(7);
  const offset = (sign === '-' ? -60 : 60) * (60 * Number(offsetHours) + Number(offsetMinutes));
  const seconds = 86_400 * daysSince1970(year, month, day) + 3_600 * hour + 60 * minute + second - offset;
  return 1_000 * seconds + Number(fraction.padEnd(3, '0').slice(0, 3));
}
