import { grpcScenario } from '../support/grpc-scenario.ts';

const program = new URL('../programs/grpc-js-caller.ts', import.meta.url).pathname;

grpcScenario('@grpc/grpc-js-xds', [process.execPath, program], false);
