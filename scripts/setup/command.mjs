// Child processes of the scripts.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

const windows = process.platform === 'win32';

/**
 * Runs a command to its end. Output is kept, or with `show` shown; with `show: 'errors'` all of it on stderr;
 * `onText` gets each part of what is kept at once.
 * Never throws for an exit code: `code` is null when it could not be started or a signal ended it.
 * @returns {Promise<{code: number | null, signal: string | null, stdout: string, stderr: string}>}
 */
export function run(command, args, { cwd, env = process.env, show = false, input, onText } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: [
        input === undefined ? 'ignore' : 'pipe',
        show === 'errors' ? process.stderr : show ? 'inherit' : 'pipe',
        show ? 'inherit' : 'pipe',
      ],
      // Command files cannot be started without a shell on Windows.
      shell: windows && /\.(cmd|bat)$/i.test(command),
    });
    // Ended by a signal, we take along what we run.
    const endWithUs = () => child.kill();
    process.on('exit', endWithUs);
    child.on('close', () => process.off('exit', endWithUs));
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name]?.setEncoding('utf8').on('data', (text) => {
        texts[name] += text;
        onText?.(text);
      });
    }
    child.stdin?.end(input);
    child.on('error', (error) => resolve({ code: null, signal: null, ...texts, stderr: error.message }));
    child.on('close', (code, signal) => resolve({ code, signal, ...texts }));
  });
}

/** Absolute path of a program on PATH, or undefined. */
export function which(name) {
  const extensions = windows ? (process.env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';') : [''];
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    for (const extension of extensions) {
      const file = path.join(folder, name + extension);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here.
      }
    }
  }
  return undefined;
}

/** The end of a command's output, for an error message. */
export function lastLines({ stdout, stderr }, count = 15) {
  return `${stdout}\n${stderr}`.trim().split('\n').slice(-count).join('\n');
}
