import { setTimeout as sleep } from 'node:timers/promises';
import type { ClosedLoop } from './closed-loop.ts';
import { ITEMS } from './contenders/backend.ts';
import { Http2Client, requestBlock, text } from './http2-client.ts';
import { percentile } from './percentile.ts';

export interface ChangingOptions {
  readonly port: number;
  readonly seconds: number;
  readonly connections: number;
  readonly streams: number;
}

/** Of the static table: an indexed name for the value that follows is 62, the newest entry of the dynamic one. */
const NEWEST = 62;

/**
 * A closed loop as h2load's, in which no two requests have the same path or the same `traceparent`. They are coded as nghttp2 codes
 * them: the path never enters the table, the header always does, so that a decoder has to move its table with every request.
 */
export async function changingLoad({ port, seconds, connections, streams }: ChangingOptions): Promise<ClosedLoop> {
  const clients = await Promise.all(Array.from({ length: connections }, () => Http2Client.connect(port)));
  const times: number[] = [];
  let [serial, bad, going] = [0, 0, true];
  const started = performance.now();
  for (const client of clients) {
    let first = true;
    const ask = (): void => {
      const asked = performance.now();
      serial += 1;
      const block = Buffer.concat([requestBlock('GET', pathOf(serial)), traceparent(serial, first)]);
      first = false;
      client.request(block, {
        onEnd(status) {
          if (status !== 200) bad += 1;
          else times.push(performance.now() - asked);
          if (going && status === 200) ask();
        },
      });
    };
    for (let each = 0; each < streams; each += 1) ask();
    client.flush();
  }
  await sleep(seconds * 1_000);
  going = false;
  const elapsed = (performance.now() - started) / 1_000;
  const perSecond = times.length / elapsed;
  while (bad === 0 && clients.some(({ active }) => active > 0)) await sleep(10);
  for (const each of clients) each.close();
  if (bad > 0 || times.length === 0) throw new Error(`${bad} requests were not answered well, ${times.length} were`);
  const sorted = Float64Array.from(times).sort();
  return { requests: times.length, perSecond, p50: percentile(sorted, 50), p99: percentile(sorted, 99) };
}

const pathOf = (serial: number): string => `${ITEMS}${(serial * 7919) % 1_000_003}?page=${serial % 97}`;

function traceparent(serial: number, first: boolean): Buffer {
  const trace = (serial * 2_654_435_761).toString(16).padStart(32, '0').slice(-32);
  const value = text(`00-${trace}-${serial.toString(16).padStart(16, '0')}-01`);
  return first
    ? Buffer.concat([Buffer.from([0x40]), text('traceparent'), value])
    : Buffer.concat([Buffer.from([0x40 | NEWEST]), value]);
}
