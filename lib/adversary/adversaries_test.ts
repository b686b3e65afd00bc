import assert from "node:assert/strict";
import { runTestSwarm } from "../../testing/swarm_run.ts";
import { withDirectory } from "../../testing/with_directory.ts";
import type { EventOf } from "../swarm/swarm_event.ts";
import { ADVERSARIES } from "./adversaries.ts";

const [PEERS, WINDOWS] = [6, 16];
const CROOKS = [4, 5];

/** Kinds whose submissions are refused, with the rule that they break. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  scaled: /^implausible-norm$/,
  copy: /^missing$/,
  "non-finite": /^non-finite-levels$/,
  oversized: /^oversized$/,
  // Depends on the bytes damaged; the damage may even have no effect.
  malformed: /./,
  late: /^missing$/,
};
/** Kinds that do no harm, or none visible with this model. */
const HARMLESS = new Set(["partial", "equivocating"]);

for (const [kind, { create }] of Object.entries(ADVERSARIES)) {
  Deno.test(`peers of kind ${kind} ${HARMLESS.has(kind) ? "cause no divergence" : "earn nothing"}`, async () => {
    await withDirectory(async (directory) => {
      const scored: EventOf<"scored">[] = [];
      const { events } = await runTestSwarm(directory, WINDOWS, {
        peers: PEERS,
        adversaries: CROOKS.map(create),
      });
      for (const event of events) {
        if (event.event === "scored") scored.push(event);
        if (event.event === "agreement" && !CROOKS.includes(event.uid)) {
          assert.deepEqual(event.disagree, []);
        }
        if (event.event !== "refused") continue;
        assert.ok(CROOKS.includes(event.peer), `${event.peer} is honest: ${event.reason}`);
        if (kind in REFUSED) assert.match(event.reason, REFUSED[kind]);
      }
      assert.equal(events.some(({ event }) => event === "refused"), kind in REFUSED);
      if (HARMLESS.has(kind)) return;
      const share = (wanted: (uid: number) => boolean) =>
        scored.slice(WINDOWS / 2).flatMap(({ scores }) => scores)
          .filter(({ peer }) => wanted(peer)).reduce((sum, { weight }) => sum + weight, 0);
      const [crooks, honest] = [
        share((uid) => CROOKS.includes(uid)) / CROOKS.length,
        share((uid) => !CROOKS.includes(uid)) / (PEERS - CROOKS.length),
      ];
      assert.ok(crooks < honest / 10, `${crooks} against ${honest}`);
    });
  });
}
