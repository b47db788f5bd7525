import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ClientSession } from '../../../sidecar/codec/http1/client-session.ts';
import type { Exchange } from '../../../sidecar/core/exchange.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import { FakeWire } from '../../support/fake-wire.ts';
import { shown } from '../../support/http1/judge-requests.ts';
import { ServerBench } from '../../support/http1-observed.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What a peer sends on and on behind an input, in reads of this size. */
const READ = 16 * 1024;
const READS = 256;
/** What one connection may keep of 4 MiB: a head of 8 KiB as it grows, 16 KiB and a read of pipelined requests, and slack. */
const KEPT = 256 * 1024;

/**
 * A client sends `input` and then its last line over and over, and nobody answers or keeps anything: what it makes us keep
 * is bounded, whatever it sends.
 */
export async function serveEndlessly(input: string): Promise<void> {
  const open: Exchange[] = [];
  const bench = new ServerBench({
    begin(x) {
      open.push(x);
      return { onData: () => true, onEnd() {}, onAbort() {}, onDrain() {} };
    },
  });
  await pour(input, bench.wire, (read) => bench.receive(read));
  assert.ok(open.length <= 1, `${open.length} requests at once: ${shown(input)}`);
}

/** The same of an upstream. */
export async function answerEndlessly(input: string): Promise<void> {
  const wire = new FakeWire();
  const session = new ClientSession(wire, { onIdle() {}, onGone() {} });
  session.start('GET', 'a', '/', HeaderList.of(), 0, {
    onInform() {},
    onStart() {},
    onData: () => true,
    onEnd() {},
    onFailure() {},
    onDrain() {},
  });
  await pour(input, wire, (read) => wire.receive(read));
}

async function pour(input: string, wire: FakeWire, receive: (read: Buffer) => void): Promise<void> {
  receive(Buffer.from(input, 'latin1'));
  const line = input.slice(Math.max(0, input.lastIndexOf('\n', input.length - 3))) || 'x';
  const read = Buffer.from(line.repeat(Math.ceil(READ / line.length)), 'latin1');
  const before = await memory();
  let reads = 0;
  for (; reads < READS && !wire.paused && !wire.over; reads += 1) receive(read);
  if (reads < READS / 8) return;
  const kept = (await memory()) - before;
  assert.ok(kept < KEPT, `${kept} bytes kept of ${reads * read.length}: ${shown(input)}`);
}

/** Bytes in use. Array buffers are given back only some turns after they were collected. */
async function memory(): Promise<number> {
  for (let times = 0; times < 2; times += 1) {
    collect();
    await new Promise(setImmediate);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
