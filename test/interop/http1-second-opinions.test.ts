import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { REQUEST_ATTACKS } from '../support/http1/attacks.ts';
import { Relay } from '../support/http1/relay.ts';
import { ServerBench } from '../support/http1-observed.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const CANARY = 'GET /canary HTTP/1.1\r\nHost: a\r\n\r\n';
const END = 'GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** What left towards the upstream for one attack: the bytes, and the requests that we say they are. */
interface Behind {
  message: string;
  bytes: string;
  requests: string[];
}

function behind(message: string): Behind {
  const relay = new Relay(() => ({ bytes: OK }));
  const bench = new ServerBench(relay);
  bench.receive(message + CANARY);
  relay.settle();
  return {
    message,
    bytes: relay.forwarded.map((each) => each.bytes).join(''),
    requests: relay.forwarded.map(({ method, path }) => `${method} ${path}`),
  };
}
/** Only what both the others and HTTP in general know of methods; the rest is told apart elsewhere. */
const known = ({ requests }: Behind): boolean =>
  requests.every((each) => /^[A-Z]+ /.test(each) && !each.startsWith('TRACE'));
const CASES = REQUEST_ATTACKS.flatMap(({ messages }) => messages)
  .map(behind)
  .filter((each) => each.requests.length > 0 && known(each));

/** Sends bytes and resolves with all that came back until the other side closed. */
function converse(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1');
    socket.setTimeout(5000, () => socket.destroy(new Error(`no end to the answer: ${JSON.stringify(answer)}`)));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.write(Buffer.from(bytes, 'latin1'));
  });
}

/** The reader at `port` names each request in its answer: `Seen: METHOD PATH`. */
async function compare(port: number): Promise<void> {
  let read = 0;
  for (const { message, bytes, requests } of CASES) {
    const answer = await converse(port, bytes + END);
    const seen = [...answer.matchAll(/^seen: ([^\r\n]*)/gim)].map((match) => match[1]);
    const expected = [...requests, 'GET /end'];
    assert.ok(seen.length <= expected.length, `${JSON.stringify(message)}: ${seen} behind, ${requests} in front`);
    assert.deepEqual(seen, expected.slice(0, seen.length), JSON.stringify(message));
    if (seen.length === expected.length) read += 1;
  }
  // A reader that refused most of what we forward would prove nothing.
  assert.ok(read > CASES.length * 0.95, `${read} of ${CASES.length} were read to the end`);
}

function started(t: TestContext, command: string, ...args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
  return child;
}

function folder(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'aya-opinion-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const listening = (port: number): Promise<unknown> =>
  eventually(async () => (await converse(port, END)).toLowerCase().includes('seen: get /end'), 10_000);
const lacks = (command: string, ...args: string[]): boolean => spawnSync(command, args).status !== 0;

test('nginx reads behind us exactly the requests that we saw', {
  skip: lacks('nginx', '-v') ? 'nginx is not installed (Debian: nginx)' : false,
  timeout: 60_000,
}, async (t) => {
  const port = await freePort();
  const directory = folder(t);
  writeFileSync(
    path.join(directory, 'nginx.conf'),
    `daemon off; master_process off; error_log /dev/null; pid ${directory}/pid;
       events {} http { access_log off; keepalive_requests 1000; client_body_temp_path ${directory};
         proxy_temp_path ${directory}; fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
         large_client_header_buffers 4 16k;
         server { listen 127.0.0.1:${port}; default_type text/plain; merge_slashes off;
           location / { add_header Seen "$request_method $request_uri" always; return 200 ""; } } }`,
  );
  started(t, 'nginx', '-p', directory, '-c', 'nginx.conf');
  await listening(port);
  await compare(port);
});

test('HAProxy reads behind us exactly the requests that we saw', {
  skip: lacks('haproxy', '-v') ? 'haproxy is not installed (Debian: haproxy)' : false,
  timeout: 60_000,
}, async (t) => {
  const port = await freePort();
  const directory = folder(t);
  writeFileSync(
    path.join(directory, 'haproxy.cfg'),
    `global
  tune.bufsize 65536
defaults
  mode http
  timeout client 5s
  timeout http-request 5s
  option http-buffer-request
frontend f
  bind 127.0.0.1:${port}
  http-request return status 200 hdr Seen "%[method] %[pathq]"
`,
  );
  started(t, 'haproxy', '-db', '-f', path.join(directory, 'haproxy.cfg'));
  await listening(port);
  await compare(port);
});

const H11 = `
import base64, h11, json, sys
for line in sys.stdin:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(base64.b64decode(line))
    seen = []
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA or isinstance(event, h11.ConnectionClosed):
                break
            if event is h11.PAUSED:
                connection.start_next_cycle()
            elif isinstance(event, h11.Request):
                seen.append(event.method.decode() + ' ' + event.target.decode())
            elif isinstance(event, h11.EndOfMessage):
                connection.send(h11.Response(status_code=200, headers=[('Content-Length', '0')]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is h11.MUST_CLOSE:
                    break
                connection.start_next_cycle()
    except h11.ProtocolError as error:
        seen.append('error ' + str(error))
    print(json.dumps(seen), flush=True)
`;

test('h11 reads behind us exactly the requests that we saw', {
  skip: lacks('/usr/bin/python3', '-c', 'import h11') ? 'h11 is not installed (Debian: python3-h11)' : false,
  timeout: 60_000,
}, () => {
  const input = CASES.map(({ bytes }) => Buffer.from(bytes + END, 'latin1').toString('base64')).join('\n');
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', H11], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const lines = stdout.trim().split('\n');
  assert.equal(lines.length, CASES.length, stderr);
  for (const [at, line] of lines.entries()) {
    const { message, requests } = CASES[at] as Behind;
    assert.deepEqual(JSON.parse(line), [...requests, 'GET /end'], JSON.stringify(message));
  }
});
