import Module from 'node:module';

export interface Shown {
  kind: 'message' | 'modal' | 'pick' | 'input' | 'progress';
  text: string;
  placeholder?: string;
  /** `2/9` */
  step?: string;
  /** What stands in an input box at first; the answer '' leaves it. */
  value?: string;
}

type Listener = (value: unknown) => void;

interface TreeProvider {
  getChildren(row?: unknown): unknown;
}

const listenTo =
  (listeners: Set<Listener>) =>
  (listener: Listener): { dispose(): void } => {
    listeners.add(listener);
    return { dispose: () => listeners.delete(listener) };
  };
/** For events that no test fires. */
const never = listenTo(new Set());

/**
 * The few calls of VS Code that dialogs make, so that a command runs in plain Node. Import it before the command.
 * What was shown is kept; `answer` decides: a button's or an item's text, one that is typed, `←` to go back, undefined to give up.
 */
export class EditorStub {
  static readonly current = new EditorStub();
  shown: Shown[] = [];
  reported: string[] = [];
  /** What the last choice was among. */
  items: string[] = [];
  labels: string[] = [];
  /** In terminals. */
  typed: string[] = [];
  /** What stands below its rows, and what was said of a text. */
  details: string[] = [];
  /** Whether a choice is made only when its list is there. */
  waitsForLists = true;
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
  /** What `setContext` has set. */
  readonly context = new Map<string, unknown>();
  /** Settings that have a value, and who hears of changes. */
  settings: Record<string, unknown> = {};
  /** Folders of the workspace by path, with the settings that they have of their own. */
  folders: Record<string, Record<string, unknown>> = {};
  /** The file in front. */
  front: string | undefined;
  /** What other extensions offer, by id. */
  extensions: Record<string, unknown> = {};
  readonly configured = new Set<Listener>();
  /** Tree views by id, and the serializers of panels by their type. */
  readonly trees = new Map<string, { provider: TreeProvider; message: string | undefined }>();
  readonly serializers = new Map<string, { deserializeWebviewPanel(panel: unknown, state: unknown): Promise<void> }>();
  /** Items in the status bar now. */
  readonly statusBar = new Set<{ text: string }>();

  reset(): void {
    this.shown = [];
    this.reported = [];
    this.executed = [];
    this.typed = [];
    this.logged = [];
    this.settings = {};
    this.folders = {};
    this.front = undefined;
    this.extensions = {};
    this.context.clear();
    this.diagnostics = new Map();
    this.waitsForLists = true;
    this.answer = () => undefined;
  }

  texts(kind: Shown['kind']): string[] {
    return this.shown.filter((one) => one.kind === kind).map(({ text }) => text);
  }

  ask(kind: Shown['kind'], text: string, more: Omit<Shown, 'kind' | 'text'> = {}): string | undefined {
    this.shown.push({ kind, text, ...more });
    return this.answer({ kind, text, ...more });
  }
}

const stub = EditorStub.current;

/** What quick picks and input boxes have in common. */
class QuickInput {
  title = '';
  placeholder = '';
  step: number | undefined;
  totalSteps: number | undefined;
  value = '';
  protected accept: () => void = () => undefined;
  protected hide: () => void = () => undefined;
  protected back: () => void = () => undefined;
  protected changed: () => void = () => undefined;
  onDidAccept = (listener: () => void): void => void (this.accept = listener);
  onDidHide = (listener: () => void): void => void (this.hide = listener);
  onDidTriggerButton = (listener: () => void): void => void (this.back = listener);
  onDidChangeValue = (listener: () => void): void => void (this.changed = listener);
  dispose = (): void => undefined;

  protected get shown(): Omit<Shown, 'kind' | 'text'> {
    return { placeholder: this.placeholder, step: `${this.step ?? 1}/${this.totalSteps ?? 1}` };
  }
}

class QuickPick extends QuickInput {
  items: { label: string; description?: string; detail?: string }[] = [];
  selectedItems: { label: string }[] = [];
  activeItems: { label: string }[] = [];
  #busy = false;
  #loaded: () => void = () => undefined;

  get busy(): boolean {
    return this.#busy;
  }

  set busy(busy: boolean) {
    this.#busy = busy;
    if (!busy) {
      this.#loaded();
    }
  }

  /** Answers once everything that can be chosen is there. */
  show(): void {
    if (this.#busy && stub.waitsForLists) {
      this.#loaded = () => this.#ask();
    } else {
      this.#ask();
    }
  }

  #ask(): void {
    stub.items = this.items.map(({ label, description = '' }) => `${label} ${description}`);
    stub.labels = this.items.map(({ label }) => label);
    stub.details = this.items.map(({ detail = '' }) => detail).filter((detail) => detail !== '');
    const label = stub.ask('pick', this.title, this.shown);
    if (label === '←') {
      queueMicrotask(this.back);
      return;
    }
    if (label !== undefined && !this.items.some((item) => item.label === label)) {
      this.value = label;
      this.changed();
      stub.details.push(...this.items.filter((item) => item.label === label).map(({ detail = '' }) => detail));
    }
    this.selectedItems = this.items.filter((item) => item.label === label);
    if (this.selectedItems.length > 0) {
      this.accept();
    }
    // As Escape would: nothing happens where it was accepted.
    queueMicrotask(this.hide);
  }
}

class InputBox extends QuickInput {
  prompt = '';
  validationMessage: string | undefined;

  show(): void {
    const text = stub.ask('input', this.prompt, { ...this.shown, value: this.value });
    if (text === '←') {
      queueMicrotask(this.back);
      return;
    }
    if (text !== undefined) {
      this.value = text === '' ? this.value : text;
      this.accept();
      stub.details.push(this.validationMessage ?? '');
    }
    queueMicrotask(this.hide);
  }
}

const message = (text: string, options?: unknown): Promise<string | undefined> =>
  Promise.resolve(stub.ask(typeof options === 'object' ? 'modal' : 'message', text));

const uri = (path: string): { scheme: string; path: string; fsPath: string; toString(): string } => ({
  scheme: 'file',
  path,
  fsPath: path,
  toString: () => `file://${path}`,
});

const folder = (path: string): { uri: ReturnType<typeof uri>; name: string } => ({
  uri: uri(path),
  name: path.split('/').at(-1) ?? '',
});

const vscode = {
  extensions: {
    getExtension: (id: string) =>
      stub.extensions[id] === undefined ? undefined : { isActive: true, exports: stub.extensions[id] },
  },
  window: {
    state: { focused: false },
    visibleTextEditors: [],
    get activeTextEditor() {
      return stub.front === undefined ? undefined : { document: { uri: uri(stub.front), languageId: 'python' } };
    },
    onDidChangeWindowState: never,
    onDidChangeActiveTextEditor: never,
    onDidChangeVisibleTextEditors: never,
    createTreeView: (id: string, { treeDataProvider }: { treeDataProvider: TreeProvider }) => {
      const view = { provider: treeDataProvider, message: undefined, dispose: () => stub.trees.delete(id) };
      stub.trees.set(id, view);
      return view;
    },
    registerWebviewPanelSerializer: (
      type: string,
      serializer: { deserializeWebviewPanel(panel: unknown, state: unknown): Promise<void> },
    ) => {
      stub.serializers.set(type, serializer);
      return { dispose: () => stub.serializers.delete(type) };
    },
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
    createTerminal: () => ({
      show: () => undefined,
      sendText: (text: string, run: boolean) => void stub.typed.push(run ? `${text}⏎` : text),
    }),
    createInputBox: () => new InputBox(),
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
    executeCommand: (id: string, ...args: unknown[]) => {
      stub.executed.push(id);
      if (id === 'setContext') {
        stub.context.set(String(args[0]), args[1]);
      }
      return Promise.resolve();
    },
  },
  languages: {
    createDiagnosticCollection: () => ({
      set: (at: { toString(): string }, list: unknown[]) => stub.diagnostics.set(at.toString(), list),
      dispose: () => undefined,
    }),
  },
  workspace: {
    textDocuments: [],
    get workspaceFolders() {
      return Object.keys(stub.folders).length === 0 ? [{ uri: uri('/') }] : Object.keys(stub.folders).map(folder);
    },
    getWorkspaceFolder: ({ fsPath }: { fsPath: string }) =>
      Object.keys(stub.folders)
        .filter((path) => fsPath === path || fsPath.startsWith(`${path}/`))
        .map(folder)[0],
    onDidChangeTextDocument: listenTo(stub.changed),
    onDidChangeConfiguration: listenTo(stub.configured),
    getConfiguration: (section?: string, resource?: { fsPath: string } | null) => ({
      get: (id: string) => {
        const name = section === undefined ? id : `${section}.${id}`;
        const own = resource && vscode.workspace.getWorkspaceFolder(resource);
        return (own ? stub.folders[own.uri.fsPath]?.[name] : undefined) ?? stub.settings[name];
      },
    }),
  },
  EventEmitter: class {
    event = never;
    fire = (): void => undefined;
    dispose = (): void => undefined;
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
