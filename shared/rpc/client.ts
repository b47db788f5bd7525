import type { ConnectionOptions, SecureContext } from 'node:tls';
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import type { Input } from '../xds/canonical.ts';
import { clientMethod, type Method, type RequestOf, type ResponseOf } from './methods.ts';
import { commonOptions, defaultKeepalive, type Keepalive } from './options.ts';
import { nameOfStatus, type Status } from './status.ts';

/** The client's side of one open stream. After `onEnd` every call does nothing. */
export interface ClientStream<Request> {
  /** Sends one message. Messages are few and small here, so there is no backpressure to mind. */
  write(message: Input<Request>): void;
  /** Says that no more messages come; the stream stays open the other way. */
  end(): void;
  /** Ends the stream at once; `onEnd` hears CANCELLED. */
  cancel(): void;
}

export interface ClientStreamEvents<Response> {
  onMessage(message: Response): void;
  /** Exactly once, and last: the stream is over, or never came to be (UNAVAILABLE). */
  onEnd(status: Status): void;
}

/** A connection to one server, made at the first `open` and again when it broke. */
export interface Channel {
  open<M extends Method>(
    method: M,
    events: ClientStreamEvents<ResponseOf<M>>,
    metadata?: readonly (readonly [name: string, value: string])[],
  ): ClientStream<RequestOf<M>>;
  /** Ends every stream and the connection. */
  close(): void;
}

export interface ConnectOptions {
  keepalive?: Keepalive;
  /** What the server is called in `:authority`; default the address. */
  authority?: string;
  /** Absent = plaintext. */
  tls?: ClientTls;
}

/** How to connect within TLS, as Node says it; a server name is needed, since an address is none. */
export type ClientTls = Pick<ConnectionOptions, 'checkServerIdentity' | 'rejectUnauthorized'> & {
  readonly secureContext: SecureContext;
  readonly servername: string;
};

/** A channel to `address` (HOST:PORT, IPv6 in brackets). Connects only when a stream is opened. */
export function connect(address: string, options: ConnectOptions = {}): Channel {
  const { tls } = options;
  const client = new Client(address, tls ? withinTls(tls) : credentials.createInsecure(), {
    ...(tls && { 'grpc.ssl_target_name_override': tls.servername }),
    ...commonOptions(options.keepalive ?? defaultKeepalive),
    ...(options.authority === undefined ? {} : { 'grpc.default_authority': options.authority }),
    // The session above decides when to try again; the channel must not add a wait of its own.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.min_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 500,
    'grpc.use_local_subchannel_pool': 1,
    // `http_proxy` in the environment is meant for the application; it may well point to this very sidecar.
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
  });
  const open = new Set<{ cancel(): void }>();
  return {
    open(method, events, metadata = []) {
      const { path, serialize, deserialize } = clientMethod(method);
      const headers = new Metadata();
      for (const [name, value] of metadata) headers.add(name, value);
      const call = client.makeBidiStreamRequest(path, serialize, deserialize, headers);
      open.add(call);
      return toStream(call, events, () => open.delete(call));
    },
    close() {
      for (const each of open) each.cancel();
      client.close();
    },
  };
}

function withinTls({ checkServerIdentity, rejectUnauthorized, secureContext }: ClientTls): ChannelCredentials {
  return credentials.createFromSecureContext(secureContext, {
    ...(checkServerIdentity && { checkServerIdentity }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  });
}

function toStream<Request, Response>(
  call: ClientDuplexStream<Input<Request>, Response>,
  events: ClientStreamEvents<Response>,
  after: () => void,
): ClientStream<Request> {
  let over = false;
  let halfClosed = false;
  call.on('data', (message: Response) => {
    if (!over) events.onMessage(message);
  });
  call.on('status', ({ code, details }: StatusObject) => {
    if (over) return;
    over = true;
    after();
    events.onEnd({ code: nameOfStatus(code), details });
  });
  // Every error has its status too, which is the one that counts.
  call.on('error', () => {});
  return {
    write(message) {
      if (!over && !halfClosed) call.write(message);
    },
    end() {
      if (over || halfClosed) return;
      halfClosed = true;
      call.end();
    },
    cancel() {
      if (!over) call.cancel();
    },
  };
}
