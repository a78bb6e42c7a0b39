import * as vscode from 'vscode';

import type { Row } from './rows';
import type { RowView } from './rowView';

/** The TreeItem of a row. All texts are plain: VS Code draws strings as they are. */
export function treeItem(row: Row, view: RowView): vscode.TreeItem {
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
  if (view.command !== undefined) {
    item.command = { command: view.command, title: '', arguments: [row] };
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
