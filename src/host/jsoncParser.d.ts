/** The package's `main` is UMD, which bundlers cannot follow. */
declare module 'jsonc-parser/lib/esm/main.js' {
  export * from 'jsonc-parser';
}
