/**
 * Waits until `check` returns something other than undefined or false without throwing, and returns that. Rejects after `ms`
 * with the last error, so that a failing test says what it was waiting for.
 */
export async function eventually<T>(check: () => T | Promise<T>, ms = 10_000): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + ms;
  for (;;) {
    let failure: unknown;
    try {
      const result = await check();
      if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
      failure = new Error(`still ${String(result)} after ${ms} ms: ${check}`);
    } catch (error) {
      failure = error;
    }
    if (performance.now() > end) throw failure;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
