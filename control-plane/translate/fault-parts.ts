import type { ConnectionFault, Faults, ResponseFault } from '../model/faults.ts';
import { bytesPerSecond } from '../model/short-faults.ts';

/** Faults with at most one of each kind: what one rule of a FaultAssignment can say. */
export type FaultParts = Pick<Faults, 'delay' | 'abort' | 'connection' | 'response'>;

/** A policy's faults, short forms written out. A reset instead of an answer is a connection that breaks before the head. */
export function partsOf(faults: Faults): FaultParts[] {
  const { abort, bandwidth, blackHole, connectFailure, connection, corrupt, delay, response, truncate } = faults;
  const parts: FaultParts[] = [
    { ...(delay && { delay }), ...(abort && !abort.reset && { abort }), ...pair(connection, response) },
  ];
  const broken = (percent: number, failure: ConnectionFault['failure']): void => {
    parts.push({ connection: { percent, failure } });
  };
  const spoiled = (percent: number, how: Partial<ResponseFault>): void => {
    parts.push({ response: { percent, dropTrailers: false, ...how } });
  };
  if (abort?.reset) broken(abort.percent, 'ResetBeforeHead');
  if (blackHole) broken(blackHole.percent, 'BlackHole');
  if (connectFailure) broken(connectFailure.percent, 'ConnectFailure');
  if (bandwidth) spoiled(bandwidth.percent, { bytesPerSecond: bytesPerSecond(bandwidth.limit) });
  if (truncate) spoiled(truncate.percent, { truncateAfter: truncate.afterBytes });
  if (corrupt) spoiled(corrupt.percent, { corruptEvery: corrupt.every });
  return parts.filter((each) => Object.keys(each).length > 0);
}

function pair(connection: ConnectionFault | undefined, response: ResponseFault | undefined): FaultParts {
  return { ...(connection && { connection }), ...(response && { response }) };
}
