import type net from 'node:net';

const COUNTED = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

/** A stage of an answer at which an upstream goes away, and what must come of it. */
export interface UpstreamStage {
  readonly name: string;
  /** What it has sent by then. */
  readonly said: string;
  /** Seconds after which it goes. */
  readonly after?: number;
  readonly status: number;
  readonly flags: string;
  /** The client's answer is broken off, so that it can tell. */
  readonly truncated: boolean;
}

export const UPSTREAM_STAGES: readonly UpstreamStage[] = [
  { name: 'before-head', said: '', status: 503, flags: 'UC', truncated: false },
  { name: 'mid-head', said: 'HTTP/1.1 200 OK\r\nContent-Le', status: 503, flags: 'UC', truncated: false },
  { name: 'after-1xx', said: 'HTTP/1.1 103 Early Hints\r\n\r\n', status: 503, flags: 'UC', truncated: false },
  { name: 'after-head', said: COUNTED, after: 0.02, status: 200, flags: 'UC', truncated: true },
  { name: 'mid-body', said: `${COUNTED}part`, after: 0.02, status: 200, flags: 'UC', truncated: true },
  { name: 'mid-chunk', said: `${CHUNKED}a\r\npart`, after: 0.02, status: 200, flags: 'UC', truncated: true },
  { name: 'between-chunks', said: `${CHUNKED}4\r\npart\r\n`, after: 0.02, status: 200, flags: 'UC', truncated: true },
  { name: 'mid-trailers', said: `${CHUNKED}0\r\nX-Sum: 1\r\n`, after: 0.02, status: 200, flags: 'UC', truncated: true },
  { name: 'after-body', said: `${COUNTED}0123456789`, status: 200, flags: '-', truncated: false },
  { name: 'while-idle', said: `${COUNTED}0123456789`, after: 0.02, status: 200, flags: '-', truncated: false },
];

export const GOINGS = ['fin', 'rst'] as const;
export type Going = (typeof GOINGS)[number];

/** The path that asks an upstream to go away so. */
export const pathOf = ({ name }: UpstreamStage, going: Going): string => `/raw/${name}/${going}`;

/** What an upstream does when it is asked for `path`. */
export function answersOf(path: string): (socket: net.Socket) => void {
  const [, , name, going] = path.split('/');
  const stage = UPSTREAM_STAGES.find((each) => each.name === name);
  if (!stage) return (socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  return (socket) => {
    const go = (): void => {
      if (going === 'rst') socket.resetAndDestroy();
      else socket.end();
    };
    if (stage.said !== '') socket.write(stage.said, 'latin1');
    if (stage.after === undefined) go();
    else setTimeout(go, stage.after * 1000);
  };
}
