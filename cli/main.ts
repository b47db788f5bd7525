/**
 * The one program `aya`. Nothing is loaded at once but what chooses the command: a sidecar starts in a fraction of a second
 * and stays small because the CLI, the API and the store are never loaded into it.
 */
import { enableCompileCache } from 'node:module';
import process from 'node:process';
import { dispatch } from './dispatch.ts';
import { systemTerminal } from './output/terminal.ts';

enableCompileCache();

// `aya get ... | head -1` closes our output early; that is the reader's good right, and no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exit(await dispatch(process.argv.slice(2), systemTerminal));
