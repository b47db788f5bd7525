import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { ClientBench, type Got } from '../support/http2/client-bench.ts';
import {
  data,
  END_STREAM,
  type Frame,
  frame,
  get,
  headers,
  PADDED,
  POST,
  ping,
  rst,
  settings,
  TYPE,
  windowUpdate,
} from '../support/http2/frames.ts';
import { type Seen, ServerBench } from '../support/http2/server-bench.ts';

/** What happens next: to which of the streams, and how much. */
const step = fc.record({
  what: fc.constantFrom(
    'open',
    'open',
    'receive',
    'receive',
    'receive-padded',
    'receive-end',
    'receive-trailers',
    'receive-reset',
    'grant-stream',
    'grant-connection',
    'initial-window',
    'ping',
    'write',
    'write',
    'write',
    'end',
    'end-trailers',
    'reset',
    'pause',
    'resume',
    'back-up',
    'drain-wire',
  ),
  which: fc.nat(100),
  size: fc.oneof(fc.nat(20), fc.nat(20_000), fc.nat(60_000)),
});
const steps = fc.array(step, { maxLength: 120, size: 'max' });

/** One stream as both ends must see it. */
interface Model {
  readonly id: number;
  /** Bytes that the peer sent us, and whether it has ended or broken off. */
  received: number;
  peerDone: boolean;
  /** Bytes that we were told to send, and what was seen of them. */
  written: number;
  sent: number;
  ended: boolean;
  endSeen: number;
  over: boolean;
  /** What the peer lets us send. */
  window: number;
}

/** The windows that the peer gave, and what of our frames they must hold against. */
class Peer {
  readonly models = new Map<number, Model>();
  initial = 65_535;
  connection = 65_535;

  add(id: number, peerDone: boolean): Model {
    const model: Model = {
      id,
      received: 0,
      peerDone,
      written: 0,
      sent: 0,
      ended: false,
      endSeen: 0,
      over: false,
      window: this.initial,
    };
    this.models.set(id, model);
    return model;
  }

  setInitial(size: number): void {
    for (const model of this.models.values()) model.window += size - this.initial;
    this.initial = size;
  }

  /** Nothing waits that may go. */
  usedUp(): void {
    for (const model of this.models.values()) {
      if (!model.over && model.window > 0) assert.equal(model.sent, model.written, 'data waits without need');
    }
  }

  check(frames: readonly Frame[]): void {
    for (const { type, id, flags, payload, code } of frames) {
      assert.notEqual(type, 'GOAWAY', `the connection broke: ${payload.toString('latin1', 8)}`);
      const model = this.models.get(id);
      if (!model) continue;
      if (type === 'DATA') {
        model.sent += payload.length;
        model.window -= payload.length;
        this.connection -= payload.length;
        assert.ok(payload.length === 0 || (model.window >= 0 && this.connection >= 0), 'more than the windows allow');
        assert.ok(model.endSeen === 0 && !model.over, 'DATA after the end');
      }
      if ((type === 'DATA' || type === 'HEADERS') && (flags & END_STREAM) !== 0) model.endSeen += 1;
      if (type === 'RST_STREAM') {
        assert.ok(code === 0 || code === 2 || code === 8, `reset by ${code}`);
        model.over = true;
      }
    }
  }
}

test('a server keeps to every window, loses no byte and ends each stream once, whatever the order of things', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const bench = new ServerBench({}, { streamWindow: 100_000, connectionWindow: 1 << 30 });
      const peer = new Peer();
      const models: Model[] = [];
      let nextId = 1;
      const inflow = new Map<number, number>();
      const look = (): void => {
        const frames = bench.frames();
        for (const { type, id, payload } of frames) {
          if (type === 'WINDOW_UPDATE') inflow.set(id, (inflow.get(id) ?? 0) + payload.readUInt32BE(0));
        }
        peer.check(frames);
      };
      for (const { what, which, size } of all) {
        const at = models.length === 0 ? -1 : which % models.length;
        const model = models[at];
        const seen = bench.seen[at];
        const stream = seen?.x.stream;
        const mayReceive = model && !model.peerDone && !model.over;
        const fits = model ? Math.min(size, 16_000, (inflow.get(model.id) ?? 0) - 300) : 0;
        if (what === 'open') {
          const whole = which % 3 === 0;
          bench.receive(whole ? get(nextId) : headers(nextId, 0, ...POST));
          models.push(peer.add(nextId, whole));
          inflow.set(nextId, 100_000);
          bench.seen.at(-1)?.x.stream.respond(200, HeaderList.of(), -1);
          nextId += 2;
        } else if (what === 'receive' && mayReceive && fits > 0) {
          bench.receive(data(model.id, Buffer.alloc(fits)));
          inflow.set(model.id, (inflow.get(model.id) ?? 0) - fits);
          model.received += fits;
        } else if (what === 'receive-padded' && mayReceive && fits > 0) {
          bench.receive(
            frame(TYPE.DATA, PADDED, model.id, Buffer.concat([Buffer.from([9]), Buffer.alloc(fits), Buffer.alloc(9)])),
          );
          inflow.set(model.id, (inflow.get(model.id) ?? 0) - fits - 10);
          model.received += fits;
        } else if (what === 'receive-end' && mayReceive) {
          bench.receive(data(model.id, '', END_STREAM));
          model.peerDone = true;
        } else if (what === 'receive-trailers' && mayReceive) {
          bench.receive(headers(model.id, END_STREAM, 'x-sum', '1'));
          model.peerDone = true;
        } else if (what === 'receive-reset' && model && !model.over && model.endSeen === 0) {
          bench.receive(rst(model.id, 8));
          model.over = true;
        } else if (what === 'grant-stream' && model && size > 0 && !model.over) {
          bench.receive(windowUpdate(model.id, size));
          model.window += size;
          look();
        } else if (what === 'grant-connection' && size > 0) {
          peer.connection += size;
          bench.receive(windowUpdate(0, size));
        } else if (what === 'initial-window') {
          peer.setInitial(size);
          bench.receive(settings(4, size));
        } else if (what === 'ping') bench.receive(ping());
        else if (what === 'write' && model && !model.ended && !model.over) {
          model.written += size;
          stream?.write(Buffer.alloc(size));
        } else if ((what === 'end' || what === 'end-trailers') && model && !model.ended && !model.over) {
          model.ended = true;
          stream?.end(what === 'end' ? null : HeaderList.of('x-sum', '1'));
        } else if (what === 'reset' && which % 4 === 0 && model) stream?.reset();
        else if (what === 'pause') stream?.pause();
        else if (what === 'resume') stream?.resume();
        else if (what === 'back-up') bench.wire.backedUp = true;
        else if (what === 'drain-wire') bench.wire.drain();
        look();
      }
      // Everybody is patient now: all that was promised arrives.
      bench.wire.drain();
      peer.connection += 1 << 29;
      bench.receive(windowUpdate(0, 1 << 29));
      look();
      peer.usedUp();
      peer.setInitial(1 << 28);
      bench.receive(settings(4, 1 << 28));
      for (const { x } of bench.seen) x.stream.resume();
      look();
      for (const [at, model] of models.entries()) {
        const seen = bench.seen[at] as Seen;
        if (!model.over) assert.equal(model.sent, model.written);
        if (model.ended && !model.over) assert.equal(model.endSeen, 1);
        assert.ok(model.endSeen <= 1);
        if (model.over || model.ended) continue;
        assert.equal(seen.body.length, model.received);
        assert.equal(seen.ended, model.peerDone);
        if (model.peerDone) continue;
        // What was taken was allowed again, and we keep to what we said.
        for (let round = 0; round < 3; round += 1) {
          const allowed = inflow.get(model.id) ?? 0;
          assert.ok(allowed > 50_000);
          fill(bench, model.id, allowed);
          inflow.set(model.id, 0);
          model.received += allowed;
          look();
          assert.equal(seen.body.length, model.received);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('a client keeps to every window, loses no byte and ends each attempt once, whatever the order of things', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const bench = new ClientBench({ streamWindow: 100_000, connectionWindow: 1 << 30, maxConcurrentStreams: 1000 });
      const peer = new Peer();
      const models: Model[] = [];
      const gots: Got[] = [];
      const inflow = new Map<number, number>();
      let nextId = 1;
      const look = (): void => {
        const frames = bench.frames();
        for (const { type, id, payload } of frames) {
          if (type === 'WINDOW_UPDATE') inflow.set(id, (inflow.get(id) ?? 0) + payload.readUInt32BE(0));
        }
        peer.check(frames);
      };
      for (const { what, which, size } of all) {
        const at = models.length === 0 ? -1 : which % models.length;
        const model = models[at];
        const got = gots[at];
        const mayReceive = model && !model.peerDone && !model.over;
        const fits = model ? Math.min(size, 16_000, (inflow.get(model.id) ?? 0) - 300) : 0;
        if (what === 'open' && bench.session.available > 0) {
          const whole = which % 3 === 0;
          gots.push(bench.request(whole ? 'GET' : 'POST', whole ? 0 : -1));
          const fresh = peer.add(nextId, false);
          fresh.ended = whole;
          models.push(fresh);
          inflow.set(nextId, 100_000);
          bench.receive(headers(nextId, 0, ':status', '200'));
          nextId += 2;
        } else if (what === 'receive' && mayReceive && fits > 0) {
          bench.receive(data(model.id, Buffer.alloc(fits)));
          inflow.set(model.id, (inflow.get(model.id) ?? 0) - fits);
          model.received += fits;
        } else if (what === 'receive-padded' && mayReceive && fits > 0) {
          bench.receive(
            frame(TYPE.DATA, PADDED, model.id, Buffer.concat([Buffer.from([9]), Buffer.alloc(fits), Buffer.alloc(9)])),
          );
          inflow.set(model.id, (inflow.get(model.id) ?? 0) - fits - 10);
          model.received += fits;
        } else if ((what === 'receive-end' || what === 'receive-trailers') && mayReceive) {
          model.peerDone = true;
          bench.receive(
            what === 'receive-end' ? data(model.id, '', END_STREAM) : headers(model.id, END_STREAM, 'x-sum', '1'),
          );
        } else if (what === 'receive-reset' && mayReceive) {
          bench.receive(rst(model.id, 8));
          model.over = true;
        } else if (what === 'grant-stream' && model && size > 0 && !model.over) {
          model.window += size;
          bench.receive(windowUpdate(model.id, size));
        } else if (what === 'grant-connection' && size > 0) {
          peer.connection += size;
          bench.receive(windowUpdate(0, size));
        } else if (what === 'initial-window') {
          peer.setInitial(size);
          bench.receive(settings(4, size));
        } else if (what === 'ping') bench.receive(ping());
        else if (what === 'write' && model && !model.ended && !model.over && !model.peerDone) {
          model.written += size;
          got?.stream.write(Buffer.alloc(size));
        } else if (
          (what === 'end' || what === 'end-trailers') &&
          model &&
          !model.ended &&
          !model.over &&
          !model.peerDone
        ) {
          model.ended = true;
          got?.stream.end(what === 'end' ? null : HeaderList.of('x-sum', '1'));
        } else if (what === 'reset' && which % 4 === 0 && mayReceive) {
          got?.stream.cancel();
          model.over = true;
        } else if (what === 'pause') got?.stream.pause();
        else if (what === 'resume') got?.stream.resume();
        else if (what === 'back-up') bench.wire.backedUp = true;
        else if (what === 'drain-wire') bench.wire.drain();
        look();
      }
      bench.wire.drain();
      peer.connection += 1 << 29;
      bench.receive(windowUpdate(0, 1 << 29));
      look();
      peer.usedUp();
      peer.setInitial(1 << 28);
      bench.receive(settings(4, 1 << 28));
      for (const got of gots) got.stream.resume();
      look();
      for (const [at, model] of models.entries()) {
        const got = gots[at] as Got;
        if (model.over && !model.peerDone) continue;
        assert.deepEqual([got.body.length, got.ended, got.failure], [model.received, model.peerDone, null]);
        if (model.peerDone) continue;
        for (let round = 0; round < 3; round += 1) {
          const allowed = inflow.get(model.id) ?? 0;
          assert.ok(allowed > 50_000);
          fill(bench, model.id, allowed);
          inflow.set(model.id, 0);
          model.received += allowed;
          look();
          assert.equal(got.body.length, model.received);
        }
      }
    }),
    { numRuns: 300 },
  );
});

/** Sends so many bytes in DATA frames as large as can be. */
function fill(bench: { receive(frame: Buffer): void }, id: number, bytes: number): void {
  for (let left = bytes; left > 0; left -= 16_384) bench.receive(data(id, Buffer.alloc(Math.min(left, 16_384))));
}
