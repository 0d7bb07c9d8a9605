// Ends a test run with one plain line, `N passed, N failed[, N skipped]`, for people and for continuous integration. Jest's
// own summary comes after every custom reporter, so the line is written when the process exits.
import fs from 'node:fs';

const standardOutput = 1;

export default class JestSummaryReporter {
  onRunComplete(_contexts, results) {
    process.once('exit', () => fs.writeSync(standardOutput, `${summaryLine(results)}\n`));
  }
}

/** A file that could not be run at all counts as one failure: its tests are unknown. */
function summaryLine(results) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  const line = `${results.numPassedTests} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}
