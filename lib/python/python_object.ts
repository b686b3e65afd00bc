/** A float that is a whole number: Python prints `1.0` where JavaScript has 1. Others are plain numbers. */
export class PythonFloat {
  /** @param value A whole number, or minus zero. */
  constructor(readonly value: number) {}
}

/** A value of a column that templates can print and test, and nothing else: a date, say. */
export class PythonObject {
  /**
   * @param text `str(value)`, which is also what JSON shows.
   * @param representation `repr(value)`
   * @param truth `bool(value)`
   */
  constructor(readonly text: string, readonly representation: string, readonly truth = true) {}
}

/** A float as documents have it. */
export function pythonFloat(value: number): number | PythonFloat {
  return Number.isInteger(value) ? new PythonFloat(value) : value;
}

/** An int as documents have it: bigint where a number does not hold it exactly. */
export function pythonInteger(value: bigint | number): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}
