// Ends a test run with one plain line, `N passed, N failed[, N skipped]`, for people and for continuous integration. Jest's
// own summary comes after every custom reporter, so the line is written when the process exits. A run that is part of a
// larger one leaves its numbers in a file instead.
import fs from 'node:fs';

const standardOutput = 1;
const { JEST_TALLY_FILE: tallyFile } = process.env;

export default class JestSummaryReporter {
  onRunComplete(_contexts, results) {
    const tally = tallyOf(results);
    if (tallyFile !== undefined) fs.writeFileSync(tallyFile, JSON.stringify(tally));
    else process.once('exit', () => fs.writeSync(standardOutput, `${summaryLine(tally)}\n`));
  }
}

/** A file that could not be run at all counts as one failure: its tests are unknown. */
function tallyOf(results) {
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

export function summaryLine({ passed, failed, skipped }) {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}
