import { LF } from './bytes.ts';
import type { FieldSection } from './field-section.ts';

const FIRST_BYTES = 1024;

/** A head (or trailer section) that did not come in one read: its bytes so far, and what was found in its whole lines. */
export class PartialHead {
  buffer: Buffer;
  length: number;
  /** Where the first line begins that is not complete; 0 = the start line is not. */
  line = 0;
  #spans: number[] = [];
  #plain = true;

  constructor(buffer: Buffer, from: number, to: number, section: FieldSection) {
    this.length = to - from;
    this.buffer = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, this.length + 256));
    buffer.copy(this.buffer, 0, from, to);
    this.keep(section);
  }

  /** Appends, up to one byte over `max`. False when there is nothing new to decide: no line ended, no limit passed. */
  append(buffer: Buffer, from: number, to: number, max: number): boolean {
    const end = Math.min(to, from + max + 1 - this.length);
    const length = this.length + end - from;
    if (length > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(max + 1, Math.max(length, this.buffer.length * 2)));
      this.buffer.copy(larger, 0, 0, this.length);
      this.buffer = larger;
    }
    buffer.copy(this.buffer, this.length, from, end);
    this.length = length;
    if (length > max) return true;
    for (let at = from; at < end; at += 1) if (buffer[at] === LF) return true;
    return false;
  }

  keep(section: FieldSection): void {
    this.line = section.line;
    this.#spans = section.found();
    this.#plain = section.plain;
  }

  restore(section: FieldSection): void {
    section.restore(this.#spans, this.#plain);
  }
}
