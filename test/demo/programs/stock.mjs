// A gRPC service as anybody would write it, with grpc-js: shop.v1.Stock, whose method Check answers who was asked. Messages are JSON.
//
//   node stock.mjs INSTANCE      listens on $PORT
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { Stock } from './stock-service.mjs';

const [instance] = process.argv.slice(2);
const server = new Server();
server.addService(Stock, { Check: (_call, answer) => answer(null, { instance }) });
server.bindAsync(`127.0.0.1:${process.env.PORT}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
process.on('SIGTERM', () => server.tryShutdown(() => process.exit(0)));
