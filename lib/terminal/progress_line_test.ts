import assert from "node:assert/strict";
import { ProgressLine } from "./progress_line.ts";

function setting(live: boolean) {
  let seconds = 0;
  let text = "";
  const terminal = { out: () => {}, error: (part: string) => text += part, live, columns: 80 };
  return {
    line: new ProgressLine(terminal, () => seconds),
    pass: (more: number) => seconds += more,
    told: () => {
      const so = text;
      text = "";
      return so;
    },
  };
}

Deno.test("ProgressLine redraws one line on a screen, with rate and time left, and removes it", () => {
  const { line, pass, told } = setting(true);
  line.show("fetched", 0, "0 B of 100 MB", 0);
  assert.equal(told(), "\r\x1b[Kfetched  0 B of 100 MB");
  pass(0.05);
  line.show("fetched", 0.01, "too soon", 1e6);
  assert.equal(told(), "");
  pass(1.95);
  line.show("fetched", 0.2, "20 MB of 100 MB", 20e6);
  assert.equal(told(), "\r\x1b[Kfetched  20 MB of 100 MB  10.0 MB/s  8.0 s left");
  line.clear();
  assert.equal(told(), "\r\x1b[K");
  line.clear();
  assert.equal(told(), "");
});

Deno.test("ProgressLine writes few plain lines elsewhere, and restarts with other work", () => {
  const { line, pass, told } = setting(false);
  for (let done = 0; done <= 1; done += 0.1) {
    line.show("scored", done, `${(100 * done).toFixed(0)} %`);
    pass(3);
  }
  assert.equal(told(), "scored  40 %  18.0 s left\nscored  80 %  6.0 s left\n");
  line.show("written", 0, "0 %");
  pass(11);
  line.show("written", 0.5, "50 %");
  assert.equal(told(), "written  50 %  11.0 s left\n");
  line.clear();
  assert.equal(told(), "");
});

Deno.test("ProgressLine keeps reporting while nothing advances", () => {
  const { line, pass, told } = setting(false);
  line.show("scored", 0, "0 %");
  pass(6);
  line.beat();
  assert.equal(told(), "");
  pass(6);
  line.beat();
  assert.equal(told(), "scored  0 %  12.0 s so far\n");
  line.clear();
  pass(20);
  line.beat();
  assert.equal(told(), "");
});
