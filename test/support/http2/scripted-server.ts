import { once } from 'node:events';
import net from 'node:net';
import type { TestContext } from 'node:test';
import {
  END_STREAM,
  type Frame,
  FrameParser,
  headers,
  MAGIC,
  ping,
  settings,
  settingsAck,
  windowUpdate,
} from './frames.ts';

/** One connection to a scripted server. */
export class ScriptedPeer {
  readonly socket: net.Socket;
  /** All frames so far, in the order in which they came. */
  readonly frames: Frame[] = [];
  /** Number of this connection, from 1. */
  readonly number: number;

  constructor(socket: net.Socket, number: number) {
    this.socket = socket;
    this.number = number;
  }

  send(...frames: Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(frames));
  }
}

export interface ScriptedServer {
  readonly port: number;
  readonly peers: readonly ScriptedPeer[];
  /** Requests ever: HEADERS that came. */
  requests: number;
}

export interface Script {
  /** What it begins with: id, value, ... */
  readonly settings?: readonly number[];
  /** Of the HPACK table that `settings` lets the client use. */
  readonly tableBytes?: number;
  /** It does not answer PING. */
  readonly deaf?: boolean;
  /** Any frame but SETTINGS and PING. */
  onFrame?(peer: ScriptedPeer, frame: Frame): void;
  /** The HEADERS of a request; `nth` counts all of them from 1. */
  onRequest?(peer: ScriptedPeer, id: number, fields: readonly string[], nth: number): void;
}

/** An HTTP/2 server on 127.0.0.1 that does what a test says, frame by frame. */
export async function scriptedServer(t: TestContext, script: Script): Promise<ScriptedServer> {
  const peers: ScriptedPeer[] = [];
  const server = net.createServer({ noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const scripted: ScriptedServer = { port: (server.address() as net.AddressInfo).port, peers, requests: 0 };
  server.on('connection', (socket) => {
    const peer = new ScriptedPeer(socket, peers.length + 1);
    peers.push(peer);
    const parser = new FrameParser(script.tableBytes);
    let begun = false;
    peer.send(settings(...(script.settings ?? [])), windowUpdate(0, 1 << 24));
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      const rest = begun ? bytes : bytes.subarray(MAGIC.length);
      begun = true;
      for (const frame of parser.push(rest)) {
        peer.frames.push(frame);
        if (frame.type === 'SETTINGS') {
          if (frame.flags === 0) peer.send(settingsAck());
        } else if (frame.type === 'PING') {
          if (frame.flags === 0 && !script.deaf) peer.send(ping(1, frame.payload.toString('latin1')));
        } else {
          script.onFrame?.(peer, frame);
          if (frame.type === 'HEADERS' && frame.fields.some((each) => each.startsWith(':method'))) {
            scripted.requests += 1;
            script.onRequest?.(peer, frame.id, frame.fields, scripted.requests);
          }
        }
      }
    });
  });
  t.after(() => {
    for (const each of peers) each.socket.destroy();
    server.close();
  });
  return scripted;
}

/** The head of a gRPC response. */
export const grpcHead = (id: number, flags = 0, ...more: string[]): Buffer =>
  headers(id, flags, ':status', '200', 'content-type', 'application/grpc', ...more);

/** A response of trailers only. */
export const grpcOnly = (id: number, status: number, ...more: string[]): Buffer =>
  grpcHead(id, END_STREAM, 'grpc-status', String(status), ...more);

export const grpcTrailers = (id: number, status: number, ...more: string[]): Buffer =>
  headers(id, END_STREAM, 'grpc-status', String(status), ...more);

/** An empty gRPC message. */
export const MESSAGE = Buffer.from([0, 0, 0, 0, 0]);
