import assert from 'node:assert/strict';

import { UserError } from '../../../src/core/errors';
import { endNotice } from '../../../src/host/endNotice';
import { errorMessage, plainText } from '../../../src/host/errorMessage';
import { confined } from '../../../src/host/reportPolicy';
import { runStatus } from '../../../src/host/runStatus';
import { noon, openRun, run } from '../explorer/samples';

describe('errorMessage', () => {
  it('words an error that is meant for people as it is', () => {
    const button = { title: 'Open Settings', action: { kind: 'openSettings', setting: 'dask.profiles' } } as const;
    const error = new UserError({
      code: 'x',
      what: 'It broke.',
      why: 'It was old.',
      next: 'Get a new one.',
      buttons: [button],
    });
    assert.deepEqual(errorMessage(error), { text: 'It broke. It was old. Get a new one.', buttons: [button] });
  });

  it('gives a message a button, so that it is shown in full', () => {
    const { buttons } = errorMessage(new UserError({ code: 'x', what: 'It broke.', next: 'Mend it.' }));
    assert.deepEqual(buttons, [{ title: 'Show Log', action: { kind: 'showLog' } }]);
  });

  it('leads from any other to the log, with its first line', () => {
    const { text, buttons } = errorMessage(new TypeError('x is not a function\n    at y'));
    assert.equal(text, 'Something went wrong: x is not a function');
    assert.deepEqual(
      buttons.map(({ action }) => action.kind),
      ['showLog'],
    );
    assert.equal(errorMessage('a string').text, 'Something went wrong: a string');
  });

  it('keeps text of others from becoming a link', () => {
    assert.equal(plainText('[Fix](command:evil)'), '[Fix] (command:evil)');
  });
});

describe('endNotice', () => {
  it('says that a run succeeded', () => {
    const notice = endNotice(run());
    assert.equal(notice.text, 'etl.py succeeded after 12 s.');
    assert.equal(notice.failed, false);
    assert.deepEqual(notice.buttons, [{ title: 'Show Log', action: { kind: 'showRun', runId: 'r1' } }]);
  });

  it('says why a run failed', () => {
    const notice = endNotice(run({ state: 'failed', exitCode: 1, error: { code: 'x', message: 'ValueError: no.' } }));
    assert.equal(notice.text, 'etl.py failed after 12 s. ValueError: no.');
    assert.equal(notice.failed, true);
  });

  it('offers no log of a run that never began, but what its error offers', () => {
    const own = { title: 'Select Interpreter', action: { kind: 'selectInterpreter' } } as const;
    const error = { code: 'x', message: 'There is no Python.', buttons: [own] };
    const never = openRun({ state: 'failed', error });
    assert.deepEqual(endNotice(never).buttons, [own]);
    assert.equal(endNotice(never).text, 'etl.py failed. There is no Python.');
  });
});

describe('runStatus', () => {
  // One clock: from the click on, as before its script began.
  const open = openRun({ state: 'running', createdAt: noon - 12_400, startedAt: noon - 5_000 });

  it('is nothing when nothing runs', () => assert.equal(runStatus([], undefined, noon), undefined));

  it('shows the one run, its time and its workers', () => {
    assert.equal(runStatus([open], 4, noon)?.text, '$(sync~spin) etl.py 12 s · 4 workers');
    assert.equal(runStatus([open], 1, noon)?.text, '$(sync~spin) etl.py 12 s · 1 worker');
    assert.equal(runStatus([open], undefined, noon)?.text, '$(sync~spin) etl.py 12 s');
  });

  it('shows the stage until it runs', () => {
    const status = runStatus([openRun({ progress: 'Starting 4 workers' })], undefined, noon);
    assert.equal(status?.text, '$(sync~spin) etl.py 1 min · Starting 4 workers');
  });

  it('counts several', () => {
    assert.equal(runStatus([open, { ...open, id: 'r2', name: 'b.py' }], 4, noon)?.text, '$(sync~spin) 2 runs');
  });

  it('keeps a name short, and from becoming an icon', () => {
    const status = runStatus([{ ...open, name: `$(bug)${'x'.repeat(60)}` }], undefined, noon);
    assert.ok((status?.text.length ?? 99) < 70);
    assert.doesNotMatch(status?.text.slice(5) ?? '', /\$\(bug\)/);
  });
});

describe('confined', () => {
  it('lets a page load nothing from elsewhere', () => {
    const page = confined('<!DOCTYPE html><html><head lang="en"><title>x</title></head><body></body></html>');
    assert.match(page, /<head lang="en"><meta http-equiv="Content-Security-Policy" content="default-src 'none';/);
    assert.doesNotMatch(page, /connect-src|https?:/);
    assert.match(confined('<p>no head</p>'), /^<meta/);
  });
});
