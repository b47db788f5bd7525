import type { LogFile } from '../../shared/log/file.ts';
import type { Clock } from '../../shared/time/clock.ts';
import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import type { AccessLogPlan } from '../core/plan/access-log.ts';
import { Format } from './format.ts';
import { JsonLines } from './json-line.ts';

/** Envoy's format when none is given, as its documentation states it. */
export const DEFAULT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ' +
  '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';

/** The access log of one listener: what its plan lists, each to its file. */
export class AccessLog {
  readonly #outputs: readonly Output[];
  readonly #clock: Clock;

  /** `files` opens a path once per worker. The plan's formats have been checked (`checkFormat`). */
  constructor(plans: readonly AccessLogPlan[], files: { open(path: string): LogFile }, clock: Clock) {
    this.#clock = clock;
    this.#outputs = plans.map((plan) => new Output(plan, files.open(plan.path)));
  }

  /** The exchange is over: `x.ended` is set. `response`: headers sent downstream, null when none were. */
  record(x: Exchange, response: HeaderList | null = null): void {
    const outputs = this.#outputs;
    // x.started is monotonic; the wall clock is read once per line and moved back by what has passed since.
    const started = this.#clock.wall() - (x.ended - x.started);
    for (let at = 0; at < outputs.length; at += 1) (outputs[at] as Output).record(x, response, started);
  }
}

class Output {
  readonly #file: LogFile;
  readonly #errorsOnly: boolean;
  readonly #format: Format | null;
  readonly #json = new JsonLines();

  constructor(plan: AccessLogPlan, file: LogFile) {
    this.#file = file;
    this.#errorsOnly = plan.only === 'errors';
    this.#format = plan.format.kind === 'text' ? new Format(plan.format.text || DEFAULT_FORMAT, 'log') : null;
  }

  record(x: Exchange, response: HeaderList | null, started: number): void {
    if (this.#errorsOnly && x.status < 500 && x.flags === 0) return;
    if (this.#format) this.#file.write(this.#format.render(x, response, started, '-'));
    else this.#file.write(this.#json.of(x, started));
  }
}
