import type { Exchange, ExchangeHandler, RequestSink } from '../core/exchange.ts';
import { Call } from './call.ts';
import type { HttpContext } from './context.ts';
import { LOAD_PATH } from './service-load.ts';

/** Makes a call of each request of a listener; the context is replaced when the listener's configuration changes. */
export class CallHandler implements ExchangeHandler {
  context: HttpContext;

  constructor(context: HttpContext) {
    this.context = context;
  }

  begin(x: Exchange): RequestSink {
    const { load, turn, date } = this.context;
    if (load !== null && x.path === LOAD_PATH) return load.answer(x, turn.now, date.text);
    const call = new Call(this.context, x);
    call.begin();
    return call;
  }
}
