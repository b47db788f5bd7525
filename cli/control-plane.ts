import type { Terminal } from './output/terminal.ts';

export { usage } from '../control-plane/assemble/options.ts';

export async function run(argv: string[], _terminal: Terminal): Promise<number> {
  const { runControlPlane } = await import('../control-plane/main.ts');
  return runControlPlane(argv);
}
