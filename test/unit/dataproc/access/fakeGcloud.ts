import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A program `gcloud` in a folder of its own, which answers as it is told and keeps what it was asked. It needs no PATH. */
export class FakeGcloud {
  private constructor(readonly folder: string) {}

  static async install(folder: string): Promise<FakeGcloud> {
    await mkdir(folder, { recursive: true });
    const fake = new FakeGcloud(folder);
    await writeFile(
      join(folder, 'gcloud'),
      `#!/bin/sh
echo "$*" >> '${folder}/calls'
for part in "$@"; do case "$part" in --*) ;; *) name="$name-$part" ;; esac; done
if [ -f '${folder}/error' ]; then /bin/cat '${folder}/error' >&2; exit 1; fi
if [ -f '${folder}/hang' ]; then echo $$ > '${folder}/pid'; /bin/sleep 60; fi
/bin/cat '${folder}/answer'"$name" 2>/dev/null
`,
    );
    await chmod(join(folder, 'gcloud'), 0o755);
    await fake.answer('config get account', 'user@example.com');
    await fake.answer('config get project', 'project-of-gcloud');
    return fake;
  }

  answer(command: string, text: string): Promise<void> {
    return writeFile(join(this.folder, `answer-${command.replaceAll(' ', '-')}`), `${text}\n`);
  }

  fail(text: string): Promise<void> {
    return writeFile(join(this.folder, 'error'), text);
  }

  hang(): Promise<void> {
    return writeFile(join(this.folder, 'hang'), '');
  }

  /** Of the call that hangs; 0 until there is one. */
  async pid(): Promise<number> {
    return Number(await readFile(join(this.folder, 'pid'), 'utf8').catch(() => '0'));
  }

  async calls(): Promise<string[]> {
    const text = await readFile(join(this.folder, 'calls'), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }
}
