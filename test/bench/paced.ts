import path from 'node:path';
import process from 'node:process';
import { outputOf } from './closed-loop.ts';
import type { OpenLoopOptions, OpenLoopResult } from './open-loop.ts';

const program = path.join(import.meta.dirname, 'open-loop.ts');

/** Open-loop load by a process of its own on one pinned core. Rejects when a connection is lost or an answer is not 2xx. */
export async function paced(core: number, options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { port, request, rate, seconds, connections } = options;
  const args = [program, String(port), request, String(rate), String(seconds), String(connections)];
  // A large young generation: no collection within a run of some seconds.
  const node = [process.execPath, '--max-semi-space-size=64'];
  return JSON.parse(await outputOf('taskset', ['-c', String(core), ...node, ...args])) as OpenLoopResult;
}
