const lost = (header: string): string =>
  `${header}\nTraceback (most recent call last):\n  File "/home/me/project/etl.py", line 5, in close\n    self.x()\nTypeError: 'NoneType' object is not callable\n`;

/** What is printed around the traceback of a script, and did not end it. */
export const noise: readonly string[] = [
  lost('Exception ignored in: <function Conn.__del__ at 0x7f0000000000>'),
  lost('Exception ignored in atexit callback: <function bye at 0x7f0000000000>'),
  lost('Error in atexit._run_exitfuncs:'),
  lost('Exception in thread Thread-1 (work):'),
  lost('Process ForkProcess-1:'),
  lost(
    "Task exception was never retrieved\nfuture: <Task finished name='Task-2' coro=<f() done> exception=TypeError('x')>",
  ),
  lost(
    "ERROR:asyncio:Task exception was never retrieved\nfuture: <Task finished name='Task-2' exception=TypeError('x')>",
  ),
  lost('2026-11-24 06:11:33,123 - tornado.application - ERROR - Exception in callback f'),
  lost('2026-11-24 06:11:33,123 - distributed.client - ERROR - Failed to reconnect'),
  lost('2026-11-24 06:11:33,123 ERROR mine'),
  lost('--- Logging error ---').concat(
    'Call stack:\n  File "/a.py", line 3, in f\n    g()\nMessage: \'x\'\nArguments: ()\n',
  ),
  'Traceback (most recent call last):\n  File "/usr/local/lib/python3.12/multiprocessing/resource_tracker.py", line 239, in main\n    cache[rtype].remove(name)\nKeyError: \'/psm_1\'\n',
  'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n  File "/usr/local/lib/python3.12/multiprocessing/spawn.py", line 122, in spawn_main\n    exitcode = _main(fd)\nEOFError: Ran out of input\n',
  'sys:1: ResourceWarning: unclosed file <_io.TextIOWrapper>\n',
  "/usr/local/lib/python3.12/multiprocessing/resource_tracker.py:254: UserWarning: resource_tracker: There appear to be 1 leaked semaphore objects\n  warnings.warn('resource_tracker: There appear to be %d '\n",
  '2026-11-24 06:11:33,123 - distributed.scheduler - WARNING - Removing worker tcp://127.0.0.1:1\n',
  "Task was destroyed but it is pending!\ntask: <Task pending name='Task-1' coro=<f()>>\n",
  '  0%|          | 0/10 [00:00<?, ?it/s]\r 50%|█████     | 5/10 [00:01<00:01, 5it/s]\n',
];
