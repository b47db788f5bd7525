import { spawnSync } from 'node:child_process';
import { grpcScenario } from '../support/grpc-scenario.ts';

const python = '/usr/bin/python3';
const program = new URL('../programs/grpc-core-caller.py', import.meta.url).pathname;
const found = spawnSync(python, ['-c', 'import grpc']).status === 0;

grpcScenario(
  'gRPC C core',
  [python, program],
  found ? false : 'python3-grpcio is not installed (Debian: python3-grpcio)',
);
