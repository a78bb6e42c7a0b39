/** What {@link panelProbe} gives: milliseconds of each frame, and of each long stretch of script. */
export interface ProbeResult {
  frames: number[];
  scripts: number[];
}

/** Runs in the page: measures frames while something is done to it. */
export const panelProbe = `
  window.panelProbe = (() => {
    let frames = [];
    let scripts = [];
    let on = false;
    new PerformanceObserver((list) => scripts.push(...list.getEntries().map((entry) => entry.duration)))
      .observe({ type: 'longtask' });
    const frame = () => new Promise(requestAnimationFrame);
    const filled = () => {
      const rows = [...document.querySelectorAll('.log-text')];
      return rows.length > 10 && rows.every((row) => row.textContent !== '');
    };
    return {
      start() {
        frames = [];
        scripts = [];
        on = true;
        let last = performance.now();
        const step = (now) => {
          frames.push(now - last);
          last = now;
          if (on) requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      },
      stop() {
        on = false;
        return { frames, scripts };
      },
      async searched() {
        while (!/of [0-9,]+[+]?$/.test(document.querySelector('.find-status')?.textContent ?? '')) await frame();
      },
      async jump(share) {
        const view = document.querySelector('.log-viewport');
        const from = performance.now();
        view.scrollTop = (view.scrollHeight - view.clientHeight) * share;
        await frame();
        await frame();
        while (!filled()) await frame();
        return performance.now() - from;
      },
    };
  })();`;
