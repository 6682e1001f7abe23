import assert from "node:assert/strict";
import { test } from "node:test";
import { maxRecentReports, RecentReports } from "./recent-reports.ts";

test("a report is new once, and its score is remembered, also when it is 0", () => {
  const recent = new RecentReports();
  assert.equal(recent.remember("a", 0), undefined);
  assert.equal(recent.remember("a", 1), 0);
  assert.equal(recent.remember("a", 1), 0);
});

test("a report that was forgotten may come again with another score", () => {
  const recent = new RecentReports();
  recent.remember("a", 0);
  recent.forget("a");
  assert.equal(recent.remember("a", 1), undefined);
});

test("beyond the limit the oldest is forgotten, and only that", () => {
  const recent = new RecentReports();
  for (let index = 0; index <= maxRecentReports; index++) recent.remember(String(index), 0.5);
  assert.equal(recent.remember("1", 0), 0.5);
  assert.equal(recent.remember("0", 0), undefined);
});
