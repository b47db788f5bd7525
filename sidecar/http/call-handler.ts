import type { Exchange, ExchangeHandler, RequestSink } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import { grpcOfHttp } from '../core/grpc.ts';
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
    const { enclosing } = this.context;
    const enclosed = enclosing?.encloses(x) === true;
    const sink = enclosed ? enclosing.enclose(x, call, (reply) => refuse(call, reply)) : call;
    call.begin();
    return sink;
  }
}

/** The request cannot go on: answers, or breaks the response off when it has begun. */
function refuse(call: Call, reply: LocalReply): void {
  const { detail, flags, status } = reply;
  if (call.responding) call.truncate({ kind: 'protocol', flag: flags, status, detail, grpcStatus: grpcOfHttp(status) });
  else call.reply(reply);
}
