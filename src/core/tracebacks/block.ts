export interface Frame {
  /** As Python wrote it. */
  file: string;
  /** 1-based. */
  line: number;
  /** Function, `<module>`, or empty for a syntax error and where nothing names it. */
  name: string;
}

export interface Traceback {
  /** Name of the exception, with its module where Python wrote one: `distributed.scheduler.KilledWorker`. */
  type: string;
  /** May have several lines; cut at 2,000 characters. */
  message: string;
  /** Outermost first. */
  frames: readonly Frame[];
}

/** Who wrote a traceback, from the script's own end down to what is told of and passed over. */
export type Writer =
  /** Python, or what stands in for it, at the end of the script: nothing caught it. */
  | 'script'
  /** Code that caught it, and printed it. */
  | 'handler'
  /** A logger. */
  | 'log'
  /** A thread, a child process or an event loop: the script went on. */
  | 'elsewhere'
  /** Python, which ignored it: it never ends a script. */
  | 'ignored';

/** One traceback in the lines of an output. */
export interface Block extends Traceback {
  writer: Writer;
  /** 0-based line after its frames and the first line of its message: where what is next may begin. */
  end: number;
  /** True for text of another process that an exception carries as its cause. */
  quoted: boolean;
  /** True where it goes on from the block before: that one was its cause, or was being handled. */
  chained: boolean;
}

/** Reads the traceback that begins at a line, of one form; undefined where none of that form does. */
export type Reader = (lines: readonly string[], at: number) => Block | undefined;
