import { assertEquals } from "@std/assert";
import { floatText } from "../../../relay/view/floats.ts";

/** As C prints them. */
const cases: [number, string][] = [
  [0, "0"],
  [-0, "-0"],
  [1.5, "1.5"],
  [-2.5e-7, "-2.5e-07"],
  [0.1, "0.1"],
  [1e300, "1e+300"],
  [123456789.123, "1.23457e+08"],
  [1e-5, "1e-05"],
  [1e-4, "0.0001"],
  [1e-320, "9.99989e-321"],
  [999999.5, "1e+06"],
  [1e6, "1e+06"],
  [999999, "999999"],
  [123456.5, "123456"],
  [123455.5, "123456"],
  [100001.5, "100002"],
  [0.1234565, "0.123456"],
  [9.9999995, "10"],
  [1e22, "1e+22"],
  [Infinity, "inf"],
  [-Infinity, "-inf"],
  [NaN, "nan"],
];
for (const [value, text] of cases) {
  Deno.test(`floatText() of ${Object.is(value, -0) ? "-0" : value} is ${text}`, () => {
    assertEquals(floatText(value), text);
  });
}
