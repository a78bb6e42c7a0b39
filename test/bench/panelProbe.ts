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
    const until = async (what, done) => {
      for (const end = performance.now() + 120_000; !done(); await frame()) {
        if (performance.now() > end) throw new Error('There is no ' + what + ' after two minutes');
      }
    };
    // Monaco writes spaces that do not break.
    const monaco = (view) => [...document.querySelectorAll(view + ' .view-line')]
      .map((row) => row.textContent.replaceAll('\\u00a0', ' '));
    let pressed = Promise.resolve();
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
      shown: (view, text) => until(text, () => monaco(view).some((row) => row.includes(text))),
      counted: (view, text) => until(text, () =>
        document.querySelector(view + ' .find-widget .matchesCount')?.textContent.endsWith(text)),
      /** The next press of the mouse moves the text of this editor. */
      expectPress(view) {
        const before = monaco(view).join();
        pressed = new Promise((resolve, reject) => addEventListener('pointerdown', async () => {
          const from = performance.now();
          await frame();
          await frame();
          // After the last line is an empty one.
          const full = (rows) => rows.length > 10 && rows.filter((row) => row === '').length < 2;
          const moved = () => full(monaco(view)) && monaco(view).join() !== before;
          until('other text', moved).then(() => resolve(performance.now() - from), reject);
        }, { capture: true, once: true }));
      },
      pressed: () => pressed,
    };
  })();`;
