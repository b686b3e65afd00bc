import assert from "node:assert/strict";
import { pythonJson } from "./python_json.ts";
import { PythonFloat, PythonObject } from "./python_object.ts";

Deno.test("pythonJson writes what json.dumps writes", () => {
  const value = {
    text: 'ä "quoted"\n',
    whole: new PythonFloat(1),
    tiny: 1e-7,
    large: 2n ** 70n,
    none: null,
    left_out: undefined,
    date: new PythonObject("2026-11-30", "datetime.date(2026, 11, 30)"),
    list: [true, [], {}, NaN, -Infinity],
  };
  assert.equal(
    pythonJson(value),
    '{"text":"ä \\"quoted\\"\\n","whole":1.0,"tiny":1e-07,"large":1180591620717411303424,' +
      '"none":null,"date":"2026-11-30","list":[true,[],{},NaN,-Infinity]}',
  );
  assert.equal(pythonJson({ a: [1, {}] }, 2), '{\n  "a": [\n    1,\n    {}\n  ]\n}');
});
