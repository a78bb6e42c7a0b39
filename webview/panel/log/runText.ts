/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. Below ten seconds with one decimal. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1_000;
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** ` with exit code 3`, ` by SIGKILL`, or nothing where neither is known. */
export function exitText(run: { exitCode?: number; signal?: string }): string {
  if (run.signal !== undefined) {
    return ` by ${run.signal}`;
  }
  return run.exitCode === undefined ? '' : ` with exit code ${run.exitCode}`;
}
