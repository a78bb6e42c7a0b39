const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** For people: `just now`, `5 min ago`, `2 h ago`, `3 days ago`. Both in milliseconds since 1970. */
export function formatAge(then: number, now: number): string {
  const age = Math.max(0, now - then);
  if (age < minute) {
    return 'just now';
  }
  if (age < hour) {
    return `${Math.floor(age / minute)} min ago`;
  }
  if (age < day) {
    return `${Math.floor(age / hour)} h ago`;
  }
  const days = Math.floor(age / day);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

/** Heading of a day in the local time zone: `Today`, `Yesterday`, the weekday for a week, then `2026-11-03`. */
export function dayLabel(then: number, now: number): string {
  const days = Math.round((startOfDay(now) - startOfDay(then)) / day);
  if (days <= 0) {
    return 'Today';
  }
  if (days === 1) {
    return 'Yesterday';
  }
  const date = new Date(then);
  if (days < 7) {
    return date.toLocaleDateString('en', { weekday: 'long' });
  }
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `14:03`, in the local time zone. */
export function timeOfDay(time: number): string {
  const date = new Date(time);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function startOfDay(time: number): number {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
