import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

// Which folders each layer may import from, besides itself. Arrows run one way; see docs/architecture.md.
const layers = {
  core: { from: [], node: false, vscode: false },
  protocol: { from: ['core'], node: false, vscode: false },
  machine: { from: ['core'], node: true, vscode: false },
  scheduler: { from: ['core'], node: true, vscode: false },
  run: { from: ['core', 'machine'], node: true, vscode: false },
  local: { from: ['core', 'machine', 'scheduler'], node: true, vscode: false },
  address: { from: ['core', 'machine', 'scheduler'], node: true, vscode: false },
  dataproc: { from: ['core', 'machine', 'scheduler'], node: true, vscode: false },
  host: { from: ['core', 'machine', 'run'], node: true, vscode: true },
  explorer: { from: ['core', 'run', 'host'], node: true, vscode: true },
  panel: { from: ['core', 'protocol', 'machine', 'run', 'host'], node: true, vscode: true },
  activation: { from: ['core', 'machine', 'run', 'host'], node: true, vscode: true },
  commands: { from: ['core', 'run', 'host', 'explorer', 'panel'], node: true, vscode: true },
};

const folders = Object.keys(layers);

const layerRules = Object.entries(layers).map(([folder, { from, node, vscode }]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: vscode ? [] : [{ name: 'vscode', message: `${folder}/ does not know VS Code.` }],
        patterns: [
          ...(node ? [] : [{ group: ['node:*'], message: `${folder}/ does no I/O.` }]),
          {
            regex: `^(\\.\\./)+(${folders.filter((other) => other !== folder && !from.includes(other)).join('|')})(/|$)`,
            message: `${folder}/ imports only from: ${[folder, ...from].join(', ')}.`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist', 'out', 'node_modules', '.vscode-test', '.venv', 'python'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-console': 'error',
    },
  },
  ...layerRules,
  {
    files: ['webview/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*', 'vscode'], message: 'Browser code.' },
            { regex: '/src/(?!protocol/)', message: 'webview/ imports only from protocol/.' },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        URLSearchParams: 'readonly',
        performance: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
      },
    },
  },
);
