// mocha's usual output, and the counts in a file.
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = runner.stats;
      writeFileSync(
        options.reporterOptions.file,
        `${JSON.stringify({ passed: passes, failed: failures, skipped: pending, durationMs: runner.stats.duration })}\n`,
      );
    });
  }
};
