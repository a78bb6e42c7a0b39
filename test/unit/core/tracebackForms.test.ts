import assert from 'node:assert/strict';
import { parseTraceback } from '../../../src/core/traceback';
import { userFrame } from '../../../src/core/userFrame';
import { seededRandom } from '../../fakes/seededRandom';
import { forms, generated, pick, versions, type Generated } from './generatedTraceback';
import { noise } from './tracebackNoise';
import { processorSeconds } from '../../fakes/processorSeconds';

function assertFound(text: string, { type, message, place }: Generated): void {
  const found = parseTraceback(text);
  assert.ok(found, text);
  const name = (full: string): string => full.slice(full.lastIndexOf('.') + 1);
  assert.equal(name(found.type), name(type), text);
  assert.equal(found.message, message, text);
  const own = userFrame(found, { mainFile: place.file, folders: [] });
  assert.deepEqual([own?.file, own?.line], [place.file, place.line], text);
}

describe('The exception that ended a script', () => {
  for (const form of forms) {
    for (const version of versions) {
      it(`is found among all that is printed around it: ${form}, Python 3.${version}`, () => {
        const random = seededRandom(version * 100 + forms.indexOf(form));
        for (let round = 0; round < 40; round++) {
          const made = generated(form, version, random);
          const around = (count: number): string =>
            Array.from({ length: Math.floor(random() * count) }, () => pick(noise, random)).join('');
          const coloured =
            random() < 0.2 ? made.text.replaceAll(/\bline (\d+)/g, 'line \u001b[35m$1\u001b[0m') : made.text;
          const text = `started\n${around(4)}${coloured}${around(5)}`;
          assertFound(random() < 0.2 ? text.replaceAll('\n', '\r\n') : text, made);
        }
      });
    }
  }

  for (const [at, text] of noise.entries()) {
    it(`is not what is printed below it: ${text.slice(0, 60).split('\n')[0] ?? at}`, () => {
      const made = generated('plain', 12, seededRandom(at));
      assertFound(`${made.text}${text}`, made);
      assertFound(`${text}${made.text}`, made);
    });
  }

  it('is found wherever the end of the output is cut above it', () => {
    const made = generated('plain', 11, seededRandom(3));
    const before = `${noise[0] ?? ''}${noise[7] ?? ''}`;
    const bytes = Buffer.from(before + made.text);
    for (let cut = 0; cut <= Buffer.byteLength(before); cut++) {
      assert.equal(parseTraceback(bytes.subarray(cut))?.type, made.type);
    }
  });

  it('takes no time in output that looks like the start of one', () => {
    for (const line of [
      'Traceback (most recent call last):\n',
      '  File "a", line 1, in f\n',
      '  + Exception Group Traceback (most recent call last):\n',
      '╭── Traceback (most recent call last) ──╮\n',
      '________ a ________\n',
      'A Traceback (most recent call last)\n',
      'Exception ignored in: x\n',
      ' 10%|#  | 1/10\r 20%|##  | 2/10\n',
      '  | |\n',
    ]) {
      const seconds = processorSeconds(() => parseTraceback(line.repeat(Math.ceil(262_144 / line.length))));
      assert.ok(seconds < 2, `${seconds} s for ${line}`);
    }
  });
});
