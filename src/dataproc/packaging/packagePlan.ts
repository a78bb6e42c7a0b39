/** Why a file is in the package. */
export type FileReason =
  | { kind: 'target' }
  /** `module` as it is imported at `line` (1-based) of `by`. */
  | { kind: 'import'; by: string; line: number; module: string }
  | { kind: 'glob'; glob: string };

export interface PlannedFile {
  /** Relative to the plan's root, with `/`; also its place in the archive. */
  path: string;
  bytes: number;
  reason: FileReason;
}

/**
 * `secret`: keys, credentials, histories, environments; `link`: leads out of the workspace, or nowhere; `ignored`: by
 * git or `.daskignore`; `compiled`: an extension module, which belongs into the environment; `special`: not a file.
 */
export type RefusalKind = 'secret' | 'link' | 'ignored' | 'compiled' | 'special';

/** Something that was asked for and is not shipped. */
export interface Refusal {
  /** Relative to the plan's root, with `/`; a folder's ends in one. */
  path: string;
  kind: RefusalKind;
  /** The end of a sentence that begins with the path: `is a key`. */
  why: string;
  /** The file that imports it, where one does. */
  wantedBy?: string;
}

/** A file that shipped code names in a string and that is not shipped. */
export interface NamedFile {
  /** Relative to the plan's root, with `/`. */
  path: string;
  by: string;
  /** 1-based. */
  line: number;
  /** Why it never is: the end of a sentence that begins with the path. */
  never?: string;
}

/** Where shipped code imports what nobody can tell before it runs. */
export interface HiddenImport {
  by: string;
  /** 1-based. */
  line: number;
  /** What it is imported by: `import_module`. */
  call: string;
  /** Of the package that it is in, where that is written. */
  folder?: string;
}

export interface PackagePlan {
  /** Absolute and without links: the workspace folder, or the target's own where that is elsewhere. */
  root: string;
  /** By path. */
  files: readonly PlannedFile[];
  /** Of all files, before they are packed. */
  bytes: number;
  /** By path. */
  refused: readonly Refusal[];
  /** The file that is run; undefined for a function. */
  main: string | undefined;
  /** Folders of the archive for `sys.path`, in order, `''` for its own root: `archive.zip/src`. */
  importFolders: readonly string[];
  /** Patterns that no shipped file fits, as they were given. */
  unmatchedGlobs: readonly string[];
  /** By path. */
  named: readonly NamedFile[];
  /** Without those whose modules patterns ship. */
  hidden: readonly HiddenImport[];
  /** Whether patterns can ship more: not where the target is outside of the workspace. */
  takesPatterns: boolean;
  /** Of the request: the archive is held to it too. */
  maxBytes: number;
}
