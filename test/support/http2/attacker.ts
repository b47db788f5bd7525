import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import { type Frame, FrameParser, MAGIC, settings, settingsAck } from './frames.ts';

/** What an attacker sends at one go, before it looks whether the connection still stands. */
const BATCH = 50;

/** One HTTP/2 connection over which anything is sent. */
export class Attacker {
  readonly socket: net.Socket;
  /** Of GOAWAY; -1 = none came. */
  code = -1;
  /** RST_STREAM that came. */
  resets = 0;
  #greeted = false;
  readonly #parser = new FrameParser();

  private constructor(socket: net.Socket, reads: boolean) {
    this.socket = socket;
    socket.on('error', () => {});
    if (reads) {
      socket.on('data', (bytes: Buffer) => {
        for (const each of this.#parser.push(bytes)) this.#take(each);
      });
    }
  }

  /** `greeting`: the first SETTINGS. Without `reads` nothing that the other side says is taken. */
  static async connect(port: number, greeting = settings(), reads = true): Promise<Attacker> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const attacker = new Attacker(socket, reads);
    await once(socket, 'connect');
    socket.write(Buffer.concat([Buffer.from(MAGIC, 'latin1'), greeting]));
    // Its acknowledgement of the other side's SETTINGS would break a header block that is under way.
    if (reads) await eventually(() => attacker.#greeted || attacker.over);
    return attacker;
  }

  get over(): boolean {
    return this.socket.destroyed || this.socket.readableEnded || !this.socket.writable;
  }

  send(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Sends what `next` makes, as fast as it is taken, until the connection ends or `most` were sent. Returns how many. */
  async flood(most: number, next: (at: number) => Buffer): Promise<number> {
    let sent = 0;
    while (sent < most && !this.over && this.code < 0) {
      const batch: Buffer[] = [];
      for (; batch.length < BATCH && sent < most; sent += 1) batch.push(next(sent));
      const taken = this.socket.write(Buffer.concat(batch));
      if (taken) await new Promise((resolve) => setImmediate(resolve));
      else await Promise.race([once(this.socket, 'drain').catch(() => {}), once(this.socket, 'close'), sleep(1_000)]);
    }
    return sent;
  }

  /** Waits until the other side has ended the connection. */
  async ended(): Promise<void> {
    if (!this.socket.destroyed) await once(this.socket, 'close', { signal: AbortSignal.timeout(10_000) });
  }

  close(): void {
    this.socket.destroy();
  }

  #take({ type, flags, code }: Frame): void {
    if (type === 'GOAWAY') this.code = code;
    else if (type === 'RST_STREAM') this.resets += 1;
    else if (type === 'SETTINGS' && (flags & 1) === 0) {
      this.socket.write(settingsAck());
      this.#greeted = true;
    }
  }
}
