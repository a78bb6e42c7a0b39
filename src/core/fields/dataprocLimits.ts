import { durationAllowed } from './common';
import { choice, optional, toggle, type ProfileField } from './field';

const fortnight = 1_209_600;

/** How long a cluster and a run may last, what comes after, and what is uploaded. */
export const limitFields: readonly ProfileField[] = [
  optional(
    'idleTimeout',
    { kind: 'duration', minimumSeconds: 300, maximumSeconds: fortnight },
    {
      default: '10 minutes',
      description:
        'After so long without work Dask gives back its containers, and after as long again Dataproc deletes the cluster.',
      allowed: `${durationAllowed('5 minutes to 14 days', '"10 minutes" or "1h"')}; not above "maxAge"`,
      example: '30 minutes',
    },
  ),
  optional(
    'maxAge',
    { kind: 'duration', minimumSeconds: 600, maximumSeconds: fortnight },
    {
      default: '8 hours',
      description: 'Dataproc deletes the cluster after so long, whatever it does.',
      allowed: durationAllowed('10 minutes to 14 days', '"8 hours"'),
      example: '4 hours',
    },
  ),
  optional(
    'maxRun',
    { kind: 'duration', minimumSeconds: 60, maximumSeconds: fortnight },
    {
      description: 'A run is cancelled after so long. When left out: it may take as long as its cluster lives.',
      allowed: `${durationAllowed('1 minute to 14 days', '"2 hours"')}; not above "maxAge"`,
      example: '2 hours',
    },
  ),
  choice(
    'afterRun',
    {
      delete: 'The cluster is deleted.',
      stop: 'Its machines are stopped: their disks still cost, and a later run starts faster.',
      keep: 'The cluster stays for later runs until its idle timeout, and costs until then.',
    },
    { default: 'delete', description: 'What becomes of the cluster when the run has ended.', example: 'keep' },
  ),
  optional(
    'include',
    {
      kind: 'list',
      item: {
        kind: 'text',
        pattern: /^(?!!?[/\\~])(?!!?[A-Za-z]:)(?!.*(?:^|[!/])\.\.(?:\/|$))[^\0\\]*[^\s\0\\!][^\0\\]*$/,
      },
      itemAllowed: 'a pattern of paths from the workspace folder with /, such as "data/*.csv" or "!data/old"',
      maximum: 100,
    },
    {
      default: [],
      description: 'Files that are uploaded beside the script and the modules that it imports.',
      allowed: 'a list of up to 100 patterns',
      example: ['config/**/*.yaml'],
    },
  ),
  optional(
    'maxPackageSize',
    { kind: 'size', minimumBytes: 1_000_000, maximumBytes: 1_000_000_000 },
    {
      default: '100 MB',
      description: 'What is uploaded for a run may be so large; more is refused before anything is spent.',
      allowed: 'a size with its unit from 1 MB to 1 GB, such as "100 MB"',
      example: '250 MB',
    },
  ),
  toggle(
    'askFirst',
    true,
    'Before a run, what it uploads and creates and when that is deleted is shown, and it starts once you agree.',
  ),
];
