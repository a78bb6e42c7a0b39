import * as vscode from 'vscode';

import { CancelledError } from '../core/errors';

/** The user went back to the step before. */
export const back = Symbol('back');

/** One question of several. Keeps its own answer, so that going back and forth loses nothing. */
export type Step = (position: StepPosition) => Promise<typeof back | undefined>;

export interface StepPosition {
  /** From 1 on. */
  step: number;
  totalSteps: number;
}

/**
 * Asks one question after the other, with a way back. Which ones follow may hang on earlier answers:
 * they are asked for anew after each.
 *
 * @throws CancelledError when the user gives up
 */
export async function askInSteps(steps: () => readonly Step[]): Promise<void> {
  for (let index = 0, asked = steps(); index < asked.length; asked = steps()) {
    const answer = await asked[index]?.({ step: index + 1, totalSteps: asked.length });
    index = answer === back ? Math.max(0, index - 1) : index + 1;
  }
}

/** @throws CancelledError when the user gives up */
export async function pickOne<T extends vscode.QuickPickItem>(
  options: { title: string; placeholder: string; items: readonly T[]; active?: T | undefined },
  position: StepPosition,
): Promise<T | typeof back> {
  const picker = vscode.window.createQuickPick<T>();
  picker.title = options.title;
  picker.placeholder = options.placeholder;
  picker.items = options.items;
  picker.matchOnDescription = true;
  picker.ignoreFocusOut = position.totalSteps > 1;
  if (options.active !== undefined) {
    picker.activeItems = [options.active];
  }
  return show(picker, position, () => picker.selectedItems[0]);
}

/** A row of {@link pickLoaded}; one without a value only says something. */
export interface Choice<V> extends vscode.QuickPickItem {
  value?: V;
}

/**
 * One of what is still being asked for, or a text that the user types instead. Nothing is waited for: what can be
 * chosen at once is there at once, and a list that cannot be read is a row that says why.
 *
 * @throws CancelledError when the user gives up
 */
export async function pickLoaded<V>(
  options: {
    title: string;
    placeholder: string;
    /** There at once, above the others. */
    first?: readonly Choice<V>[];
    load: (signal: AbortSignal) => Promise<readonly Choice<V>[]>;
    isActive?: (value: V) => boolean;
    /** Says of an error what people read. */
    explain: (error: unknown) => string;
    /** What a typed text stands for, or what is wrong with it; absent: only what is listed can be chosen. */
    typed?: (text: string) => { value: V } | { problem: string };
  },
  position: StepPosition,
): Promise<V | typeof back> {
  const picker = vscode.window.createQuickPick<Choice<V>>();
  const { first = [], typed, isActive } = options;
  const stop = new AbortController();
  let listed: readonly Choice<V>[] = first;
  const draw = (): void => {
    const text = picker.value.trim();
    const own =
      typed === undefined || text === '' || listed.some(({ label }) => label === text) ? [] : [row(text, typed(text))];
    picker.items = [...listed, ...own];
  };
  picker.title = options.title;
  picker.placeholder = options.placeholder;
  picker.matchOnDescription = true;
  picker.ignoreFocusOut = true;
  picker.busy = true;
  picker.onDidChangeValue(draw);
  draw();
  const loading = options
    .load(stop.signal)
    .catch((error: unknown): readonly Choice<V>[] => [
      { label: '$(warning) The list cannot be read', detail: options.explain(error), alwaysShow: true },
    ])
    .then((loaded) => {
      if (!stop.signal.aborted) {
        const known = new Set(first.map(({ label }) => label));
        listed = [...first, ...loaded.filter(({ label }) => !known.has(label))];
        draw();
        const active = listed.find(({ value }) => value !== undefined && isActive?.(value) === true);
        if (active !== undefined && picker.value === '') {
          picker.activeItems = [active];
        }
        picker.busy = false;
      }
    });
  try {
    const chosen = await show(picker, position, () => {
      const value = picker.selectedItems[0]?.value;
      return value === undefined ? undefined : { value };
    });
    return chosen === back ? back : chosen.value;
  } finally {
    stop.abort();
    await loading;
  }
}

function row<V>(text: string, answer: { value: V } | { problem: string }): Choice<V> {
  return 'problem' in answer
    ? { label: text, detail: answer.problem, alwaysShow: true }
    : { label: text, description: 'as typed', alwaysShow: true, value: answer.value };
}

/** @throws CancelledError when the user gives up */
export async function inputText(
  options: {
    title: string;
    prompt: string;
    placeholder?: string;
    value: string;
    /** What is wrong with a text; undefined: nothing. */
    problem?: (text: string) => string | undefined;
  },
  position: StepPosition,
): Promise<string | typeof back> {
  const box = vscode.window.createInputBox();
  const check = (): string | undefined => options.problem?.(box.value);
  box.title = options.title;
  box.prompt = options.prompt;
  box.placeholder = options.placeholder;
  box.value = options.value;
  box.ignoreFocusOut = true;
  // Nobody is told that a text is wrong before it is there.
  box.onDidChangeValue(() => (box.validationMessage = check()));
  return show(box, position, () => {
    box.validationMessage = check();
    return box.validationMessage === undefined ? box.value : undefined;
  });
}

/** @param accepted the answer, or undefined while there is none */
function show<T>(
  input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox,
  { step, totalSteps }: StepPosition,
  accepted: () => T | undefined,
): Promise<T | typeof back> {
  if (totalSteps > 1) {
    input.step = step;
    input.totalSteps = totalSteps;
  }
  input.buttons = step > 1 ? [vscode.QuickInputButtons.Back] : [];
  return new Promise<T | typeof back>((resolve, reject) => {
    input.onDidTriggerButton(() => resolve(back));
    input.onDidAccept(() => {
      const answer = accepted();
      if (answer !== undefined) {
        resolve(answer);
      }
    });
    input.onDidHide(() => reject(new CancelledError()));
    input.show();
  }).finally(() => input.dispose());
}

/** @throws CancelledError when the user gives up */
export async function pickSingle<T extends vscode.QuickPickItem>(options: {
  title: string;
  placeholder: string;
  items: readonly T[];
  active?: T | undefined;
}): Promise<T> {
  const answer = await pickOne(options, { step: 1, totalSteps: 1 });
  if (answer === back) {
    throw new CancelledError();
  }
  return answer;
}
