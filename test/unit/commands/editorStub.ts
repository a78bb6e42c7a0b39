import Module from 'node:module';

interface Shown {
  kind: 'message' | 'modal' | 'pick' | 'progress';
  text: string;
}

type Listener = (value: unknown) => void;

/**
 * The few calls of VS Code that dialogs make, so that a command runs in plain Node. Import it before the command.
 * What was shown is kept; `answer` decides: a button's or an item's text, undefined to give up.
 */
export class EditorStub {
  static readonly current = new EditorStub();
  shown: Shown[] = [];
  reported: string[] = [];
  /** What the last choice was among. */
  items: string[] = [];
  answer: (shown: Shown) => string | undefined = () => undefined;
  readonly changed = new Set<Listener>();
  /** Presses the cancel button of the progress that is shown. */
  cancelProgress: () => void = () => undefined;
  diagnostics = new Map<string, unknown[]>();
  /** Handlers of commands, and the commands that were executed. */
  readonly commands = new Map<string, (...args: unknown[]) => unknown>();
  executed: string[] = [];
  /** Errors in the log. */
  logged: string[] = [];
  /** Items in the status bar now. */
  readonly statusBar = new Set<{ text: string }>();

  reset(): void {
    this.shown = [];
    this.reported = [];
    this.executed = [];
    this.logged = [];
    this.diagnostics = new Map();
    this.answer = () => undefined;
  }

  texts(kind: Shown['kind']): string[] {
    return this.shown.filter((one) => one.kind === kind).map(({ text }) => text);
  }

  ask(kind: Shown['kind'], text: string): string | undefined {
    this.shown.push({ kind, text });
    return this.answer({ kind, text });
  }
}

const stub = EditorStub.current;

class QuickPick {
  title = '';
  items: { label: string; description?: string }[] = [];
  selectedItems: { label: string }[] = [];
  #accept: () => void = () => undefined;
  #hide: () => void = () => undefined;
  onDidAccept = (listener: () => void): void => void (this.#accept = listener);
  onDidHide = (listener: () => void): void => void (this.#hide = listener);
  onDidTriggerButton = (): void => undefined;
  dispose = (): void => undefined;

  show(): void {
    stub.items = this.items.map(({ label, description = '' }) => `${label} ${description}`);
    const label = stub.ask('pick', this.title);
    this.selectedItems = this.items.filter((item) => item.label === label);
    queueMicrotask(this.selectedItems.length > 0 ? this.#accept : this.#hide);
  }
}

const message = (text: string, options?: unknown): Promise<string | undefined> =>
  Promise.resolve(stub.ask(typeof options === 'object' ? 'modal' : 'message', text));

const uri = (path: string): { path: string; fsPath: string; toString(): string } => ({
  path,
  fsPath: path,
  toString: () => `file://${path}`,
});

const vscode = {
  window: {
    state: { focused: false },
    showErrorMessage: message,
    showWarningMessage: message,
    showInformationMessage: message,
    createOutputChannel: () => ({
      error: (...parts: unknown[]) => void stub.logged.push(parts.join(' ')),
      show: () => undefined,
      dispose: () => undefined,
    }),
    createStatusBarItem: () => {
      const item = { text: '', show: () => stub.statusBar.add(item), dispose: () => stub.statusBar.delete(item) };
      return item;
    },
    createQuickPick: () => new QuickPick(),
    withProgress: (options: { title?: string }, work: (progress: object, token: object) => unknown) => {
      stub.ask('progress', options.title ?? '');
      const report = (value: { message: string }): void => void stub.reported.push(value.message);
      const onCancellationRequested = (listener: () => void): { dispose(): void } => {
        stub.cancelProgress = listener;
        return { dispose: () => (stub.cancelProgress = () => undefined) };
      };
      return work({ report }, { onCancellationRequested });
    },
  },
  commands: {
    registerCommand: (id: string, run: (...args: unknown[]) => unknown) => {
      stub.commands.set(id, run);
      return { dispose: () => stub.commands.delete(id) };
    },
    executeCommand: (id: string) => Promise.resolve(void stub.executed.push(id)),
  },
  languages: {
    createDiagnosticCollection: () => ({
      set: (at: { toString(): string }, list: unknown[]) => stub.diagnostics.set(at.toString(), list),
      dispose: () => undefined,
    }),
  },
  workspace: {
    textDocuments: [],
    onDidChangeTextDocument: (listener: Listener) => {
      stub.changed.add(listener);
      return { dispose: () => stub.changed.delete(listener) };
    },
  },
  Uri: { file: uri },
  Range: Array,
  Diagnostic: class {
    constructor(
      readonly range: unknown,
      readonly message: string,
    ) {}
  },
  DiagnosticSeverity: { Error: 0 },
  StatusBarAlignment: { Left: 1 },
  ProgressLocation: { Notification: 15 },
  QuickInputButtons: { Back: {} },
  QuickPickItemKind: { Separator: -1 },
};

const loader = Module as unknown as { _load: (name: string, ...rest: unknown[]) => unknown };
const load = loader._load.bind(Module);
loader._load = (name, ...rest) => (name === 'vscode' ? vscode : load(name, ...rest));
