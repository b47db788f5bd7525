/**
 * A data-path thread: takes the plan from main, compiles it into a runtime, serves listeners. The only place where
 * messages of the protocol meet the stack of data-path.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { giveBack } from '../../shared/lifecycle/give-back.ts';
import { DataPath } from './data-path.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './protocol.ts';

const port = parentPort;
if (!port) throw new Error('worker/entry.ts runs as a worker thread only');
const path = new DataPath(workerData as WorkerSetup, (message: FromWorker) => port.postMessage(message));

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'page':
      path.addPage(message.page);
      break;
    case 'plan':
      path.apply(message.delta);
      break;
    case 'listen':
      path.listen(message.listener, message.bound);
      break;
    case 'host':
      path.answerHost(message.host, message.result);
      break;
    case 'reopen-logs':
      path.reopenLogs();
      break;
    case 'announce-close':
      path.announceClose();
      break;
    case 'unlisten':
      path.unlisten(message.listener);
      break;
    case 'stop-accepting':
      path.stopAccepting();
      break;
  }
});
path.start();
// Main's answers have to come: there is no listener yet, so nobody waits for us.
giveBack();
