/**
 * PeerService.Connect for grpc-js (proto/countersign/v1/peer.proto). Messages pass through as the bytes of whole frames:
 * frame.ts puts them together and takes them apart.
 */
import grpc from '@grpc/grpc-js';
import type { FrameStream, PeerLink } from './peer-link.js';

const UNLIMITED = -1;

const asIs = (frame: Buffer): Buffer => frame;

export const PEER_SERVICE = {
  connect: {
    path: '/countersign.v1.PeerService/Connect',
    requestStream: true,
    responseStream: true,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
} as const satisfies grpc.ServiceDefinition;

export type ConnectCall = grpc.ServerDuplexStream<Buffer, Buffer>;
export type DialledCall = grpc.ClientDuplexStream<Buffer, Buffer>;

/** What both kinds of call tell, told to the link. Each of the two ends one at most. */
function listen(call: ConnectCall | DialledCall, link: PeerLink): void {
  call.on('data', (frame: Buffer) => {
    link.onFrame(frame);
  });
  call.on('drain', () => {
    link.onDrain();
  });
  call.on('error', (error: Error) => {
    link.close(error.message);
  });
  call.on('end', () => {
    link.close('the peer ended the stream');
  });
}

function writeTo(call: ConnectCall | DialledCall): Pick<FrameStream, 'write' | 'pause' | 'resume'> {
  return {
    write: (frame, written) =>
      call.write(frame, (error?: Error | null) => {
        // The error itself arrives as an event; a failed frame is not retried.
        if (error === undefined || error === null) written();
      }),
    pause: () => call.pause(),
    resume: () => call.resume(),
  };
}

export function attachDialled(call: DialledCall, link: PeerLink): void {
  listen(call, link);
  link.attach({
    ...writeTo(call),
    cut: () => {
      call.cancel();
    },
  });
}

export function attachAccepted(call: ConnectCall, link: PeerLink): void {
  listen(call, link);
  call.on('cancelled', () => {
    link.close('the connection was lost');
  });
  link.attach({
    ...writeTo(call),
    cut: (reason) => {
      refuse(call, grpc.status.ABORTED, reason);
    },
  });
}

/** Ends an accepted call with a status that the other side can log. */
export function refuse(call: ConnectCall, code: grpc.status, details: string): void {
  call.emit('error', { code, details });
}

/**
 * Bounds and liveness of the transport, for both ends. What the node itself sends has its own bounds; `sessionBytesMax` is
 * the largest frame that may come in the life of the channel or the server.
 */
export function transportOptions(
  frameBytesMax: number,
  sessionBytesMax: number,
  keepaliveMs: number,
  keepaliveTimeoutMs: number,
): grpc.ChannelOptions {
  return {
    'grpc.max_receive_message_length': frameBytesMax,
    'grpc.max_send_message_length': UNLIMITED,
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.initial_reconnect_backoff_ms': 1000,
    'grpc.max_concurrent_streams': 4,
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc-node.flow_control_window': 4 * 1024 * 1024,
    'grpc-node.max_session_memory': Math.ceil((4 * sessionBytesMax) / 1_000_000) + 64,
    'grpc.enable_channelz': 0,
  };
}
