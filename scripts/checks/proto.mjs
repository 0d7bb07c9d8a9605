// buf lint over proto/: names, packages and versions as the protobuf style guide has them.
import { runBuf } from '../generate/protocol.mjs';
import { root } from './report.mjs';

try {
  runBuf(root, ['lint', '../proto']);
} catch (error) {
  // buf has printed its findings; anything but its own exit code is a fault of this script.
  if (typeof error.status !== 'number') throw error;
  process.exitCode = 1;
}
