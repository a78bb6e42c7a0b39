/** Theme colours that rows use; all are VS Code's own. */
export type RowColor =
  | 'charts.green'
  | 'testing.iconPassed'
  | 'testing.iconFailed'
  | 'list.errorForeground'
  | 'list.warningForeground'
  | 'disabledForeground';

/** What a row looks like, without VS Code: the mapper makes a TreeItem of it. All texts are plain. */
export interface RowView {
  label: string;
  description?: string;
  tooltip?: string;
  /** A codicon's name. */
  icon?: string;
  color?: RowColor;
  /** Absent: it has no children. */
  collapsible?: 'collapsed' | 'expanded';
  contextValue: string;
  /** What a screen reader says instead of label and description. */
  spoken?: string;
  /** What a click does: a command with the row as its argument, or more rows. */
  opens?: 'dask.run.showLogs' | 'dask.job.showLogs' | 'more';
}
