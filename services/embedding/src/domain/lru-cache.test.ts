import assert from "node:assert/strict";
import { test } from "node:test";
import { LruCache } from "./lru-cache.ts";

test("the least recently used entry makes room", () => {
  const cache = new LruCache<number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  cache.get("a");
  cache.set("c", 3);
  assert.deepEqual([cache.get("a"), cache.get("b"), cache.get("c")], [1, undefined, 3]);
  assert.equal(cache.size, 2);
});

test("setting a key again replaces its value and takes no room", () => {
  const cache = new LruCache<number>(1);
  cache.set("a", 1);
  cache.set("a", 2);
  assert.equal(cache.get("a"), 2);
});

test("capacity 0 keeps nothing", () => {
  const cache = new LruCache<number>(0);
  cache.set("a", 1);
  assert.equal(cache.get("a"), undefined);
});
