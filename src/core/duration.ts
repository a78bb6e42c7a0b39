/** Units as Dask reads them (`dask.utils.parse_timedelta`), and `min`, which people write. */
const secondsPerUnit: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hour: 3600,
  hours: 3600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
};

/**
 * Seconds of `90`, `"90 s"`, `"10 minutes"`, `"1.5h"` or `"1 h 30 min"`; undefined where it is not a duration.
 * A number without a unit is in seconds.
 */
export function parseDuration(value: string | number): number | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : undefined;
  }
  const text = value.trim().toLowerCase();
  if (/^\d+(\.\d+)?$/.test(text)) {
    return Number(text);
  }
  if (!/^(\d+(\.\d+)?\s*[a-z]+\s*)+$/.test(text)) {
    return undefined;
  }
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
    const factor = Object.hasOwn(secondsPerUnit, unit ?? '') ? secondsPerUnit[unit ?? ''] : undefined;
    if (factor === undefined) {
      return undefined;
    }
    seconds += Number(count) * factor;
  }
  return seconds;
}

/** For people: `0.4 s`, `4 s`, `2 min 10 s`, `1 h 5 min`, `3 d 2 h`. Never more than two units. */
export function formatDuration(milliseconds: number): string {
  const exact = Math.max(0, milliseconds) / 1000;
  if (exact < 0.95) {
    return `${exact.toFixed(1)} s`;
  }
  const seconds = Math.round(exact);
  if (seconds < 60) {
    return `${seconds} s`;
  }
  if (seconds < 3600) {
    return twoUnits(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 24 * 60
    ? twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
    : twoUnits(Math.floor(minutes / (24 * 60)), 'd', Math.floor(minutes / 60) % 24, 'h');
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
