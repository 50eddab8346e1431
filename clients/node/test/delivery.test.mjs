// What becomes of events when the service, or the way to it, has a bad day: the cases that all clients share.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { assertAddsUp, clientOf, record } from "./support/clients.mjs";
import { cases, Hostile } from "./support/hostile.mjs";

let hostile;
before(async () => {
  hostile = await Hostile.start();
});
after(() => hostile.stop());
beforeEach(() => hostile.tell("/reset"));

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

for (const each of cases.delivery) {
  test(`delivery: ${each.name}`, async () => {
    if (each.script) await hostile.tell("/script", each.script);
    if (each.always) await hostile.tell("/always", each.always);
    const settings = Object.entries(each.settings ?? {}).map(([name, value]) => [camel(name), value]);
    const client = clientOf(hostile, Object.fromEntries(settings));
    record(client, each.record);
    assert.equal(await client.flush(20), true);
    const stats = client.stats();
    await client.shutdown();
    for (const [name, count] of Object.entries(each.stats)) assert.equal(stats[name], count, name);
    assertAddsUp(stats);
    assert.equal(stats.recorded, each.record);
    assert.equal((await hostile.get("/events")).length, each.stats.stored);
    const seen = await hostile.get("/seen");
    if (each.deeds)
      assert.deepEqual(
        seen.map(({ deed }) => deed),
        each.deeds,
      );
    if (each.same_key) assert.equal(new Set(seen.map(({ key }) => key)).size, 1);
    if (each.gap_at_least) assert.ok(seen[1].at - seen[0].at >= each.gap_at_least);
  });
}
