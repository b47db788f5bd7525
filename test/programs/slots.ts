/**
 * An upstream of fixed capacity: `slots.ts SLOTS MS`. It works on SLOTS requests at a time, MS ms on each; more wait in the order in
 * which they came, as long as it takes. Prints its port.
 */
import http from 'node:http';
import type net from 'node:net';
import process from 'node:process';

const [, , slots = '8', ms = '10'] = process.argv;
const waiting: http.ServerResponse[] = [];
let free = Number(slots);

function work(): void {
  while (free > 0) {
    const response = waiting.shift();
    if (!response) return;
    free -= 1;
    setTimeout(() => {
      response.end('done');
      free += 1;
      work();
    }, Number(ms));
  }
}

const server = http.createServer((_request, response) => {
  waiting.push(response);
  work();
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as net.AddressInfo).port}\n`));
