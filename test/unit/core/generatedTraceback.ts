/** How a traceback is printed: by each Python, for each way that an exception may have come. */
export const forms = [
  'plain',
  'task',
  'context',
  'cause',
  'process',
  'group',
  'taskGroup',
  'logged',
  'rich',
  'pytest',
  'ipython',
] as const;
export type Form = (typeof forms)[number];
export const versions = [10, 11, 12, 13] as const;
export type Version = (typeof versions)[number];

export interface Generated {
  text: string;
  type: string;
  message: string;
  /** The deepest frame of the user's code. */
  place: { file: string; line: number; name: string };
}

interface Call {
  file: string;
  line: number;
  name: string;
  code: string;
}

type Random = () => number;

const project = '/home/me/project/etl.py';
const types = ['ValueError', 'KeyError', 'MyOwn', 'pkg.errors.BadColumn', 'json.decoder.JSONDecodeError', 'Überlauf'];
const messages = [
  'bad column',
  "'a'",
  'line 1: no\nsecond: line\n\nafter a blank one',
  'żółć 東京',
  'File "x.csv", line 3',
];
const names = ['load', 'clean_up', 'f', '<lambda>', 'Model.fit', 'größe'];

/** A traceback of a script whose exception nothing caught. */
export function generated(form: Form, version: Version, random: Random): Generated {
  const raised = { type: pick(types, random), message: pick(messages, random) };
  const calls = stack(random);
  const place = calls.findLast(({ file }) => file === project) as Call;
  const said = `${raised.type}: ${raised.message}`;
  const other = `${pick(types, random)}: ${pick(messages, random)}`;
  const first = calls.slice(0, 1);
  const made = (text: string, change: Partial<Generated> = {}): Generated => ({ text, ...raised, place, ...change });
  switch (form) {
    case 'plain':
      return made(python(calls, said, version, random));
    case 'task':
      return made(task(calls, said, version, random));
    case 'context':
      return made(
        `${python(stack(random).slice(1), other, version, random)}\nDuring handling of the above exception, another exception occurred:\n\n${python(calls, said, version, random)}`,
      );
    case 'cause':
      return made(
        `${python(stack(random).slice(1), other, version, random)}\nThe above exception was the direct cause of the following exception:\n\n${python(calls, said, version, random)}`,
      );
    case 'process':
      return made(
        `concurrent.futures.process._RemoteTraceback: \n"""\n${python(calls.slice(1), said, version, random)}"""\n\nThe above exception was the direct cause of the following exception:\n\n${python(first, said, version, random)}`,
        calls.length > 1 ? {} : { place: first[0] as Call },
      );
    case 'group':
    case 'taskGroup':
      return group(calls, said, version, random, form === 'taskGroup' ? 1 : 1 + Math.floor(random() * 3), place);
    case 'logged':
      return made(`2026-11-24 06:11:33,123 ERROR it failed\n${python(calls, said, version, random)}`);
    case 'rich':
      return rich(calls, raised.type, random, place);
    case 'pytest':
      return made(pytest(calls, said, random));
    case 'ipython':
      return made(ipython(calls, raised.type, said));
  }
}

/** From the line of the script down to where it is raised, which may be in a library. */
function stack(random: Random): Call[] {
  const own = 1 + Math.floor(random() * 4);
  const deeper = Math.floor(random() * 3);
  return Array.from({ length: own + deeper }, (_, at) => ({
    file: at < own ? project : `/home/me/venv/lib/python3.12/site-packages/pkg/m${at}.py`,
    line: 1 + Math.floor(random() * 999),
    name: at === 0 ? '<module>' : pick(names, random),
    code: pick(['load(x)', 'return self.sync(', 'raise ValueError("a: b")', 'a = {"b": c}', 'x: int = f()'], random),
  }));
}

function python(calls: readonly Call[], said: string, version: Version, random: Random): string {
  return `Traceback (most recent call last):\n${calls.map((call) => frame(call, version, random)).join('')}${said}\n`;
}

function frame({ file, line, name, code }: Call, version: Version, random: Random): string {
  const head = `  File "${file}", line ${line}, in ${name}\n`;
  const marks = version === 10 || random() < 0.4 ? '' : `    ${marksOf(code, version)}\n`;
  const long = version === 13 && random() < 0.2 ? '        a,\n        ^^\n    ...<3 lines>...\n    )\n    ^\n' : '';
  return random() < 0.1 ? head : `${head}    ${code}\n${marks}${long}`;
}

function marksOf(code: string, version: Version): string {
  return version === 13 ? `${'~'.repeat(code.length - 2)}^^` : '^'.repeat(code.length);
}

/** Frames from the worker have no code of the script, and marks of libraries that are too far to the left. */
function task(calls: readonly Call[], said: string, version: Version, random: Random): string {
  const frames = calls.map((call, at) => {
    if (at === 0 || version === 10) {
      return frame(call, version, random);
    }
    const marks = `${' '.repeat(Math.floor(random() * 5))}${marksOf(call.code, version)}\n`;
    return `  File "${call.file}", line ${call.line}, in ${call.name}\n    ${call.code}\n${marks}`;
  });
  const log =
    '2026-11-24 06:11:33,123 - distributed.worker - ERROR - Compute Failed\nKey:       f-1\nException: "ValueError(\'x\')"\nTraceback: \'  File "<dynamic-code>", line 4, in f\\n\'\n\n';
  return `${log}Traceback (most recent call last):\n${frames.join('')}${said}\n`;
}

function group(
  calls: readonly Call[],
  said: string,
  version: Version,
  random: Random,
  count: number,
  place: Call,
): Generated {
  const type = version === 10 ? 'exceptiongroup.ExceptionGroup' : 'ExceptionGroup';
  const title = `loads (${count} sub-exception${count === 1 ? '' : 's'})`;
  const margin = (text: string, by: string): string => text.replace(/^(?=.|\n)/gm, by).replace(/ +$/gm, '');
  const outer = margin(
    `${calls
      .slice(0, 1)
      .map((call) => frame(call, version, random))
      .join('')}${type}: ${title}\n`,
    '  | ',
  ).replace(/\n {2}\|$/, '\n');
  const inner = Array.from({ length: count }, (_, at) => {
    const mine = at === 0 ? python(calls.slice(1), said, version, random) : 'TypeError: another\n';
    const text = at === 0 && calls.length === 1 ? `${said}\n` : mine;
    return `${at === 0 ? '  +-' : '    '}+---------------- ${at + 1} ----------------\n${margin(text.trimEnd(), '    | ')}\n`;
  });
  return {
    text: `  + Exception Group Traceback (most recent call last):\n${outer.trimEnd()}\n${inner.join('')}    +------------------------------------\n`,
    type,
    message: `${title}: ${said}`,
    place,
  };
}

/** Paths are broken at the width of the box, and so is the message. */
function rich(calls: readonly Call[], type: string, random: Random, place: Call): Generated {
  const width = pick([60, 80, 100], random);
  const row = (text: string): string => `│ ${text.padEnd(width - 4)} │\n`;
  const frames = calls.map((call, at) => {
    const head = `${call.file}:${call.line} in ${call.name}`;
    const heads = Array.from({ length: Math.ceil(head.length / (width - 4)) }, (_, part) =>
      row(head.slice(part * (width - 4), (part + 1) * (width - 4))),
    ).join('');
    const code = `${row('')}${row(`  ${call.line - 1} before`)}${row(`❱ ${call.line} ${call.code}`)}`;
    const locals =
      random() < 0.3 ? `${row('')}${row('╭── locals ──╮')}${row('│ a = 1      │')}${row('╰────────────╯')}` : '';
    return `${at === 0 ? '' : row('')}${heads}${code}${locals}`;
  });
  const side = '─'.repeat((width - 39) / 2);
  const title = `${side} Traceback (most recent call last) ${side}`.slice(0, width - 2);
  const words = Array.from({ length: 1 + Math.floor(random() * 40) }, (_, at) => `word${at}`);
  const lines = words.reduce<string[]>(
    (all, word) => {
      const last = all.at(-1) ?? '';
      return last.length + word.length > width ? [...all, `${word} `] : [...all.slice(0, -1), `${last}${word} `];
    },
    [`${type}: `],
  );
  return {
    text: `╭${title.padEnd(width - 2, '─')}╮\n${frames.join('')}╰${'─'.repeat(width - 2)}╯\n${lines.join('\n').trimEnd()}\n`,
    type,
    message: words.join(' '),
    place,
  };
}

function pytest(calls: readonly Call[], said: string, random: Random): string {
  const short = random() < 0.5;
  const errors = said.split('\n').map((line) => `E   ${short ? '' : '    '}${line}`.trimEnd());
  const frames = calls.map((call, at) => {
    const last = at === calls.length - 1;
    const code = `    ${call.code}\n`;
    return short
      ? `${call.file}:${call.line}: in ${call.name}\n${code}`
      : `    def ${call.name}():\n>       ${call.code}\n${last ? `${errors.join('\n')}\n` : ''}\n${call.file}:${call.line}: ${last ? (/^[\w.]+/.exec(said)?.[0] ?? '') : ''}\n${last ? '' : '_ _ _ _ _ _ _ _ _ _\n'}`;
  });
  const other = '_________________ test_b _________________\n\nE   TypeError: later\n\na.py:3: TypeError\n';
  return `=================================== FAILURES ===================================\n_________________ test_a _________________\n\n${frames.join('')}${short ? `${errors.join('\n')}\n` : ''}${other}=========================== short test summary info ============================\nFAILED etl.py::test_a - x\n============================== 2 failed in 0.11s ===============================\n`;
}

function ipython(calls: readonly Call[], type: string, said: string): string {
  const last = type.slice(type.lastIndexOf('.') + 1);
  const frames = calls.map(
    ({ file, line, name, code }) =>
      `File ${file}:${line}${name === '<module>' ? '' : `, in ${name}(x, y)`}\n     ${line - 1} before\n---> ${line} ${code}\n     ${line + 1} after\n\n`,
  );
  return `${'-'.repeat(75)}\n${last}${' '.repeat(Math.max(1, 40 - last.length))}Traceback (most recent call last)\n${frames.join('')}${said}\n`;
}

export function pick<T>(from: readonly T[], random: Random): T {
  return from[Math.floor(random() * from.length)] as T;
}
