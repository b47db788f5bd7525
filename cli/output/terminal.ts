import process from 'node:process';

/** Where a command speaks: results to `out`, everything else to `err`, so that pipes carry results only. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

export const systemTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};
