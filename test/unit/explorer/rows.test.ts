import assert from 'node:assert/strict';

import type { ExplorerNode } from '../../../src/explorer/nodes';
import { pageSize, Rows, type Row } from '../../../src/explorer/rows';
import { cluster, job, snapshot, worker } from './samples';

/** A tree of clusters with workers, as a test changes it. */
class Tree {
  clusters = new Map<string, number[]>();
  readonly rows = new Rows(
    (node) => this.#children(node),
    (node) => JSON.stringify(node),
  );

  #children(node: ExplorerNode | undefined): ExplorerNode[] {
    if (node === undefined) {
      return [...this.clusters.keys()].map((id) => ({
        kind: 'cluster',
        cluster: cluster({ id }),
        snapshot: undefined,
        unreachable: undefined,
        madeFor: undefined,
        expanded: false,
      }));
    }
    if (node.kind !== 'cluster') {
      return [];
    }
    return (this.clusters.get(node.cluster.id) ?? []).map((memoryUsed, index) => ({
      kind: 'worker',
      cluster: node.cluster,
      worker: worker({ address: `tcp://w${index}:1`, memoryUsed }),
    }));
  }
}

function ids(rows: readonly Row[] | 'root'): string[] | 'root' {
  return rows === 'root' ? rows : rows.map((row) => row.id);
}

describe('Rows', () => {
  let tree: Tree;
  let a: Row;

  beforeEach(() => {
    tree = new Tree();
    tree.clusters.set('a', [1, 2]).set('b', [3]);
    [a] = tree.rows.children(undefined) as [Row];
    tree.rows.children(a);
  });

  it('gives the same row for the same thing, with what it is now', () => {
    const [again] = tree.rows.children(undefined);
    assert.equal(again, a);
    assert.deepEqual(a.cluster, { backend: 'local', id: 'a' });
  });

  it('paints nothing when nothing changed', () => {
    assert.deepEqual(tree.rows.update(), []);
  });

  it('paints the one row that changed, and only once', () => {
    tree.clusters.set('a', [1, 7]);
    assert.deepEqual(ids(tree.rows.update()), ['worker:local:a:tcp://w1:1']);
    assert.deepEqual(tree.rows.update(), []);
  });

  it('does not look beyond the scope', () => {
    tree.clusters.set('a', [1, 7]);
    assert.deepEqual(tree.rows.update(tree.rows.row('cluster:local:b')), []);
    assert.equal(tree.rows.update(a).length, 1);
  });

  it('paints the parent whose list changed', () => {
    tree.clusters.set('a', [1, 2, 3]);
    assert.deepEqual(ids(tree.rows.update()), ['cluster:local:a']);
  });

  it('does not paint a closed parent again and again', () => {
    tree.clusters.set('a', [1, 2, 3]);
    tree.rows.update();
    assert.deepEqual(tree.rows.update(), []);
    tree.rows.children(a);
    tree.clusters.set('a', [1, 2]);
    assert.deepEqual(ids(tree.rows.update()), ['cluster:local:a']);
  });

  it('paints the root when clusters come, go or change places', () => {
    tree.clusters.set('c', []);
    assert.equal(tree.rows.update(), 'root');
    tree.rows.children(undefined);
    tree.clusters.delete('a');
    assert.equal(tree.rows.update(a), 'root');
    tree.rows.children(undefined);
    assert.equal(tree.rows.row('cluster:local:a'), undefined);
    assert.equal(tree.rows.row('worker:local:a:tcp://w0:1'), undefined);
  });

  it('shows one page, and one more when asked', () => {
    tree.clusters.set(
      'a',
      Array.from({ length: 2 * pageSize + 10 }, (_, index) => index),
    );
    const first = tree.rows.children(a);
    assert.equal(first.length, pageSize + 1);
    const { node } = first.at(-1)!;
    assert.ok(node.kind === 'more' && node.remaining === pageSize + 10);
    tree.rows.showMore(a);
    assert.equal(tree.rows.children(a).length, 2 * pageSize + 1);
    tree.rows.showMore(a);
    assert.equal(tree.rows.children(a).length, 2 * pageSize + 10);
  });

  it('finds one changed job among 10,000 on 1,000 clusters', () => {
    const failed = new Set<string>();
    const rows = new Rows(
      (node) => {
        if (node === undefined) {
          return Array.from({ length: 1000 }, (_, index) => ({
            kind: 'cluster',
            cluster: cluster({ id: `c${index}` }),
            snapshot: snapshot([]),
            unreachable: undefined,
            madeFor: undefined,
            expanded: false,
          }));
        }
        if (node.kind !== 'cluster') {
          return [];
        }
        return Array.from({ length: 10 }, (_, index) => ({
          kind: 'job',
          job: job({
            id: `j${index}`,
            cluster: node.cluster,
            state: failed.has(`${node.cluster.id} j${index}`) ? 'failed' : 'running',
          }),
        }));
      },
      (node) => JSON.stringify(node),
    );
    for (let page = 0; page < 5; page++) {
      rows.showMore(undefined);
    }
    for (const row of rows.children(undefined)) {
      rows.children(row);
    }
    failed.add('c77 j3');
    assert.deepEqual(ids(rows.update(rows.row('cluster:local:c77'))), ['job:local:c77:j3']);
  });
});
