/**
 * Starts tasks together, ends all when one fails, and waits for each of them.
 *
 * @param signal Ends them all with its reason.
 * @throws What the signal was aborted with, or else what failed first.
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
