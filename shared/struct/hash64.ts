/**
 * 64-bit hashes without BigInt, which would cost an allocation per operation: two signed 32-bit halves. Two hash
 * functions write their result into the one register below, so that hashing allocates nothing but what it returns.
 */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

const TWO_32 = 4_294_967_296;

/** A 64-bit value that is worked on in place. */
export class Register {
  high = 0;
  low = 0;

  set(high: number, low: number): void {
    this.high = high | 0;
    this.low = low | 0;
  }

  add(high: number, low: number): void {
    const sum = (this.low >>> 0) + (low >>> 0);
    this.low = sum | 0;
    this.high = (this.high + high + (sum >= TWO_32 ? 1 : 0)) | 0;
  }

  xor(high: number, low: number): void {
    this.high ^= high;
    this.low ^= low;
  }

  /** The lower 64 bits of the product. */
  multiply(high: number, low: number): void {
    const own = this.low;
    const [a0, a1] = [own & 0xffff, own >>> 16];
    const [b0, b1] = [low & 0xffff, low >>> 16];
    const middle = a0 * b1 + a1 * b0 + ((a0 * b0) >>> 16);
    const carry = a1 * b1 + Math.floor(middle / 65_536);
    this.high = (carry + Math.imul(this.high, low) + Math.imul(own, high)) | 0;
    this.low = Math.imul(own, low);
  }

  /** Left by 1..31. */
  rotate(by: number): void {
    const { high, low } = this;
    this.high = (high << by) | (low >>> (32 - by));
    this.low = (low << by) | (high >>> (32 - by));
  }

  /** `this ^= this >>> by`, for 1..63. */
  xorShifted(by: number): void {
    const { high, low } = this;
    if (by >= 32) {
      this.low = low ^ (high >>> (by - 32));
      return;
    }
    this.low = low ^ ((low >>> by) | (high << (32 - by)));
    this.high = high ^ (high >>> by);
  }

  value(): Hash64 {
    return { high: this.high, low: this.low };
  }
}

/** The unsigned hash modulo `modulus`, below 2^26 so that no step leaves the exact integers. */
export function remainder(hash: Hash64, modulus: number): number {
  return (((hash.high >>> 0) % modulus) * (TWO_32 % modulus) + ((hash.low >>> 0) % modulus)) % modulus;
}

/** The upper 53 bits as an integer that a number holds exactly: in the order of the unsigned hashes. */
export function upper53(hash: Hash64): number {
  return (hash.high >>> 0) * 2_097_152 + (hash.low >>> 11);
}

/** A hash of several parts, in order: the one so far is rotated by a bit, so that equal parts do not cancel each other out. */
export function combined(before: Hash64, next: Hash64): Hash64 {
  return {
    high: ((before.high << 1) | (before.low >>> 31)) ^ next.high,
    low: ((before.low << 1) | (before.high >>> 31)) ^ next.low,
  };
}

/** 16 lower-case hexadecimal digits. */
export function hexOf(hash: Hash64): string {
  return (hash.high >>> 0).toString(16).padStart(8, '0') + (hash.low >>> 0).toString(16).padStart(8, '0');
}
