import { type ChannelOptions, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';

/** How soon a silent peer is noticed: a ping after `time` without any data, given up after `timeout`; milliseconds. */
export interface Keepalive {
  time: number;
  timeout: number;
}

export const defaultKeepalive: Keepalive = { time: 10_000, timeout: 5_000 };

/** The largest message taken, on both ends: 64 MiB. */
const maxMessageBytes = 64 * 1024 * 1024;

/** What both ends set. */
export function commonOptions(keepalive: Keepalive): ChannelOptions {
  // grpc-js would write lines of its own to standard error; all that matters comes back as an error or a status.
  setLogVerbosity(logVerbosity.NONE);
  return {
    'grpc.keepalive_time_ms': keepalive.time,
    'grpc.keepalive_timeout_ms': keepalive.timeout,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.enable_channelz': 0,
  };
}
