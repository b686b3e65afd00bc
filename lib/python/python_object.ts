/** A float with an integral value: Python prints `1.0`, JavaScript 1. Other floats are plain numbers. */
export class PythonFloat {
  /** @param value An integral value, or minus zero. */
  constructor(readonly value: number) {}
}

/** A column value that templates can only print and test, such as a date. */
export class PythonObject {
  /**
   * @param text `str(value)`, also its value in JSON.
   * @param representation `repr(value)`
   * @param truth `bool(value)`
   */
  constructor(readonly text: string, readonly representation: string, readonly truth = true) {}
}

/** Converts a float to its form in documents. */
export function pythonFloat(value: number): number | PythonFloat {
  return Number.isInteger(value) ? new PythonFloat(value) : value;
}

/** Converts an int to its form in documents: bigint where a number would not be exact. */
export function pythonInteger(value: bigint | number): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}
