import * as vscode from 'vscode';

import type { CommandId } from '../contributions';
import type { Row } from './rows';
import type { RowView } from './rowView';

/**
 * The TreeItem of a row. All texts are plain: VS Code draws strings as they are. `open` is a command without
 * arguments: VS Code forgets the arguments of a row's command when it paints the row again, also between a click
 * and the command.
 */
export function treeItem(row: Row, view: RowView, open: CommandId): vscode.TreeItem {
  const item = new vscode.TreeItem(view.label, collapsibleState(view.collapsible));
  item.id = row.id;
  item.contextValue = view.contextValue;
  item.tooltip = view.tooltip ?? view.label;
  if (view.description !== undefined) {
    item.description = view.description;
  }
  if (view.icon !== undefined) {
    item.iconPath = new vscode.ThemeIcon(view.icon, view.color && new vscode.ThemeColor(view.color));
  }
  if (view.spoken !== undefined) {
    item.accessibilityInformation = { label: view.spoken };
  }
  if (view.opens !== undefined) {
    item.command = { command: open, title: '' };
  }
  return item;
}

function collapsibleState(state: RowView['collapsible']): vscode.TreeItemCollapsibleState {
  switch (state) {
    case undefined:
      return vscode.TreeItemCollapsibleState.None;
    case 'collapsed':
      return vscode.TreeItemCollapsibleState.Collapsed;
    case 'expanded':
      return vscode.TreeItemCollapsibleState.Expanded;
  }
}
