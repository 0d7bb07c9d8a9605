// The container's health check: is this node's process alive? Readiness (quorum, database) is /health/ready, which a
// restart cannot mend.
const port = process.env.COUNTERSIGN_REST_PORT ?? '8080';

try {
  const response = await fetch(`http://127.0.0.1:${port}/health/live`, {
    signal: AbortSignal.timeout(2_500),
  });
  process.exitCode = response.ok ? 0 : 1;
} catch {
  // Nothing listens or nothing answers: that is the finding.
  process.exitCode = 1;
}
