import { randomBytes } from 'node:crypto';

/** `bytes` cryptographically random bytes as lower-case hexadecimal: for names that must be unguessable. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
