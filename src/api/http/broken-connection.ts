/** What cannot be parsed as HTTP never becomes a request: the answer is written to the socket, and the socket closed. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { createProblemBody, PROBLEM_MEDIA_TYPE } from '../problems/problem-body.js';
import { ProblemException } from '../problems/problem-exception.js';
import { traceIdOf } from './trace-id.js';

function problemOfConnection(code: string): ProblemException {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ProblemException('HEADERS_TOO_LARGE', 'the request headers exceed the limit of this node');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ProblemException('REQUEST_TIMEOUT', 'the request did not arrive in time');
  }
  return new ProblemException('REQUEST_MALFORMED', 'the request cannot be parsed as HTTP');
}

export function answerBrokenConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOfConnection(error.code ?? '');
  const body = JSON.stringify(createProblemBody(problem, traceIdOf(undefined)));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
