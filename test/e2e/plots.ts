import type { Frame } from 'playwright-core';

// What runs in the page is text: tests are compiled without a browser's types.

/** A colour of a plot that is hard to see on its ground. */
export interface Faint {
  what: string;
  contrast: number;
}

/** What is drawn around and in a plot. */
export interface PlotLook {
  /** 0 (black) to 1 (white). */
  ground: number;
  /** Models of texts and axes whose colour is too near to the ground's. */
  faint: Faint[];
  /** The most that a colour of the pixels outside the plot's frame (title, axes and their labels) stands out. */
  drawn: number;
  /** Number of texts and axes that were looked at. */
  count: number;
}

const helpers = `
  const parsed = (colour) => {
    const context = new OffscreenCanvas(1, 1).getContext('2d');
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]) => {
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  // As WCAG has it: 1 to 21.
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return Math.round(((light + 0.05) / (dark + 0.05)) * 10) / 10;
  };
  // The canvas may be clear: what lies behind it is its ground, through shadow roots.
  const behind = (element) => {
    for (let node = element; node; node = node.parentNode ?? node.host) {
      const colour = node instanceof Element ? parsed(getComputedStyle(node).backgroundColor) : [0, 0, 0, 0];
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const models = window.Bokeh.documents.flatMap((one) => [...one._all_models.values()]);
  const figures = models.filter(({ type }) => type === 'Figure' || type === 'Plot');
  const viewOf = (figure) => window.Bokeh.index.find_one(figure);
`;

/** Looks at the colours of a plot that has drawn: as Bokeh's models have them, and as they are on its canvas. */
export function plotLook(frame: Frame): Promise<PlotLook> {
  return frame.evaluate<PlotLook>(`(() => {
    ${helpers}
    const view = viewOf(figures[0]);
    const { primary } = view.canvas_view;
    const { canvas } = primary;
    const ratio = primary.pixel_ratio;
    const { left, top, right, bottom } = view.frame.bbox;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const under = behind(canvas);
    const counts = new Map();
    for (let y = 0; y < canvas.height; y += 1) {
      for (let x = 0; x < canvas.width; x += 1) {
        const inside = x >= (left - 2) * ratio && x <= (right + 2) * ratio && y >= (top - 2) * ratio && y <= (bottom + 2) * ratio;
        const at = (y * canvas.width + x) * 4;
        if (!inside) {
          const alpha = data[at + 3] / 255;
          const key = [0, 1, 2].map((part) => Math.round(data[at + part] * alpha + under[part] * (1 - alpha))).join();
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
      }
    }
    const seen = [...counts].filter(([, count]) => count >= 8).sort((a, b) => b[1] - a[1]);
    const pixels = seen.map(([key]) => key.split(',').map(Number));
    const ground = pixels[0] ?? under;
    const checked = [];
    for (const model of models) {
      const parts = { Title: ['text_color'], LegendItem: [], Legend: ['label_text_color'] }[model.type]
        ?? (/Axis$/.test(model.type) ? ['axis_label_text_color', 'major_label_text_color', 'axis_line_color', 'major_tick_line_color'] : []);
      for (const name of model.visible === false ? [] : parts) {
        const colour = model[name];
        if (colour !== null && model[name.replace(/_color$/, '_alpha')] !== 0) {
          checked.push({ what: model.type + ' ' + name + ' ' + colour, contrast: contrast(parsed(colour), ground) });
        }
      }
    }
    const faint = checked.filter(({ what, contrast }) => contrast < (what.includes('line_color') ? 3 : 4.5));
    return { ground: luminance(ground), faint, drawn: Math.max(1, ...pixels.map((one) => contrast(one, ground))), count: checked.length };
  })()`);
}

/** What a plot shows now. */
export interface PlotState {
  /** The longest of its tables: for the task stream, tasks that were done. */
  rows: number;
  /** The picture on its canvas. */
  picture: string;
  title: string;
}

export function plotState(frame: Frame): Promise<PlotState> {
  return frame.evaluate<PlotState>(`(() => {
    ${helpers}
    const sources = models.filter(({ type }) => type === 'ColumnDataSource');
    const lengths = sources.map((source) => Math.max(0, ...Object.values(source.data).map((column) => column.length)));
    const { canvas } = viewOf(figures[0]).canvas_view.primary;
    const title = figures[0].title;
    return { rows: Math.max(0, ...lengths), picture: canvas.toDataURL(), title: title?.text ?? '' };
  })()`);
}
