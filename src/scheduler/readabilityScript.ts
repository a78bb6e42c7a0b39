import type { ThemeChoice } from './dashboardTheme';
import { widgetStyle } from './readabilityStyle';

/**
 * A script for the head of a dashboard page. Bokeh draws on canvas with colours that are properties of its
 * models, near-black by default: those are set to the theme's, here in the browser only (`sync: false`), and in
 * models that come later too. Saturated colours carry meaning and stay. Widgets get a style sheet in each
 * shadow root. Links keep the theme.
 */
export function readabilityScript(theme: ThemeChoice): string {
  return `(${script})(${inScript(theme)}, ${inScript(widgetStyle(theme))});`;
}

/** JSON that cannot end the script element around it. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

const script = String.raw`function (theme, widgetStyle) {
  'use strict';
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(widgetStyle);
  const attachShadow = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    return root;
  };

  const names = { black: '#000000', white: '#ffffff', gray: '#808080', grey: '#808080' };
  // 0 (black) to 255 (white) for greys; undefined for colours and for what is no plain colour.
  function greyOf(colour) {
    const text = names[colour] ?? colour;
    const found = typeof text === 'string' && /^#([0-9a-f]{3,8})$/i.exec(text);
    if (!found) return undefined;
    const hex = found[1].length < 6 ? [...found[1]].map((digit) => digit + digit).join('') : found[1];
    const parts = [0, 2, 4].map((start) => parseInt(hex.slice(start, start + 2), 16));
    return Math.max(...parts) - Math.min(...parts) > 24 ? undefined : parts[1];
  }
  function replacement(name, grey) {
    if (/^(background_fill|border_fill|body_fill|inactive_fill)_color$/.test(name)) return grey > 200 ? theme.background : undefined;
    if (/^(grid_line|minor_grid_line|outline_line|border_line|bar_line|separator_line)_color$/.test(name)) return theme.grid;
    if (/text_outline_color$/.test(name)) return undefined;
    if (/(text|line|hatch|fill)_color$/.test(name)) return grey < 110 ? theme.foreground : undefined;
    return undefined;
  }
  function paint(model) {
    const changes = {};
    for (const name of Object.keys(model.properties ?? {})) {
      if (!name.endsWith('_color')) continue;
      let value;
      try { value = model[name]; } catch { continue; }
      const wrapped = value !== null && typeof value === 'object' && 'value' in value;
      const grey = greyOf(wrapped ? value.value : value);
      const colour = grey === undefined ? undefined : replacement(name, grey);
      if (colour !== undefined) changes[name] = wrapped ? { value: colour } : colour;
    }
    // Text of glyphs lies over bars of any colour: a ground of its own keeps it apart from them.
    if (changes.text_color !== undefined && (model.type === 'Text' || model.type === 'LabelSet') && 'background_fill_color' in model.properties) {
      const as = (value) => (typeof changes.text_color === 'object' ? { value } : value);
      changes.background_fill_color = as(theme.background);
      changes.background_fill_alpha = as(0.7);
    }
    // Colours of states, such as black for tasks that erred.
    if (Array.isArray(model.palette) && model.palette.length < 32) {
      const palette = model.palette.map((colour) => ((greyOf(colour) ?? 255) < 60 ? theme.foreground : colour));
      if (palette.some((colour, index) => colour !== model.palette[index])) changes.palette = palette;
    }
    if (Object.keys(changes).length > 0) model.setv(changes, { sync: false });
  }

  const painted = new WeakSet();
  function paintAll(doc) {
    for (const model of doc._all_models.values()) {
      if (painted.has(model)) continue;
      painted.add(model);
      try { paint(model); } catch (error) { console.warn('A plot keeps its own colours', error); }
    }
  }
  const followed = new WeakSet();
  function follow(doc) {
    if (followed.has(doc)) return;
    followed.add(doc);
    let count = -1;
    const update = () => {
      if (doc._all_models.size === count) return;
      count = doc._all_models.size;
      paintAll(doc);
    };
    update();
    // Models are added by messages: most messages add none, and cost one comparison.
    doc.on_change(update, true);
  }
  const until = Date.now() + 60000;
  (function look() {
    const documents = window.Bokeh?.documents ?? [];
    documents.forEach(follow);
    const late = document.readyState === 'complete' && document.querySelector('[data-root-id]') === null;
    if (!late && Date.now() < until) setTimeout(look, documents.length === 0 ? 16 : 1000);
  })();

  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (link !== null && link.origin === location.origin && link.search === '' && !link.href.startsWith('javascript:')) {
      link.search = location.search;
    }
  }, true);
}`;
