/**
 * Starts tasks together, aborts all when one fails, and waits for each of them.
 *
 * @param signal Aborts them all with its reason.
 * @throws The reason of the signal, or else the first failure.
 */
export async function allOrNone<Value>(
  tasks: readonly ((signal: AbortSignal) => Promise<Value>)[],
  signal: AbortSignal,
): Promise<Value[]> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const results = await Promise.allSettled(tasks.map(async (task) => {
    try {
      return await task(either);
    } catch (cause) {
      failure.abort(cause);
      throw cause;
    }
  }));
  if (results.some(({ status }) => status === "rejected")) {
    throw signal.aborted ? signal.reason : failure.signal.reason;
  }
  return results.map((result) => (result as PromiseFulfilledResult<Value>).value);
}
