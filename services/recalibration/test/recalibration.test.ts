import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  activeCalibrationKey,
  buckets,
  createEmbeddedBus,
  createNatsBus,
  type EventBus,
  publishDecision,
  publishFeedback,
  publishOutcome,
} from "@ipr/events";
import { connect, serveGrpc } from "@ipr/grpc";
import {
  type Calibration,
  CalibrationSchema,
  DecisionEventSchema,
  FeedbackEventSchema,
  OutcomeEventSchema,
  RecalibrationService,
} from "@ipr/proto";
import { createLogger } from "@ipr/service";
import { startNats, startProcess, temporaryDirectory, waitFor } from "@ipr/testing";
import { createRecalibration } from "../src/index.ts";

const timeoutMs = 30_000;
const publishIntervalMs = 20;
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

async function decide(bus: EventBus, decisionId: string, more: { bundle?: string; model?: string } = {}) {
  const { bundle = "bundle-1", model = "small" } = more;
  const actions = [
    { candidate: "small", logit: 1, quality: 0.7, propensity: 1 },
    { candidate: "large", logit: 2, quality: 0.9, propensity: 0 },
  ];
  const decision = create(DecisionEventSchema, { decisionId, bundle, model, actions });
  await publishDecision(bus, decision, { timeoutMs });
}

async function judge(bus: EventBus, decisionId: string, score: number, eventId = `feedback-${decisionId}`) {
  const feedback = create(FeedbackEventSchema, { eventId, decisionId, score, source: "user" });
  await publishFeedback(bus, feedback, { timeoutMs });
}

async function published(bus: EventBus, bundle = "bundle-1"): Promise<Calibration | undefined> {
  const entry = await bus.keyValue(buckets.calibration).get(activeCalibrationKey(bundle));
  return entry && fromBinary(CalibrationSchema, entry.value);
}

/** The calibration once it was fitted on so many pairs of the candidate. */
function publishedOn(bus: EventBus, pairs: number, bundle?: string): Promise<Calibration> {
  return waitFor(
    async () => {
      const calibration = await published(bus, bundle);
      const sum = calibration?.maps.reduce((total, map) => total + Number(map.pairs), 0);
      return sum === pairs ? calibration : undefined;
    },
    { what: `a calibration on ${pairs} pairs` },
  );
}

interface World extends AsyncDisposable {
  readonly stateDir: string;
  openBus(): EventBus;
}

async function natsWorld(): Promise<World & { url: string }> {
  const nats = await startNats();
  const directory = await temporaryDirectory();
  return {
    url: nats.url,
    stateDir: directory.path,
    openBus: () => createNatsBus({ servers: [nats.url], name: "test" }),
    async [Symbol.asyncDispose]() {
      await nats[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function embeddedWorld(): Promise<World> {
  const directory = await temporaryDirectory();
  return {
    stateDir: directory.path,
    openBus: () => createEmbeddedBus({ directory: directory.path }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** The service as its neighbours see it. */
async function startService(bus: EventBus, stateDir: string) {
  const log: string[] = [];
  const write = (line: string): void => void log.push(line);
  const logger = createLogger({ service: "recalibration", level: "debug", write, now: () => new Date() });
  const recalibration = createRecalibration({ bus, logger, stateDir, publishIntervalMs });
  const serving = await serveGrpc({
    listen: "127.0.0.1:0",
    services: recalibration.registrations,
    isReady: () => true,
    onUnexpected: (error) => log.push(String(error)),
  });
  const channel = connect({ name: "recalibration", target: serving.address, timeoutMs });
  return {
    log,
    client: channel.client(RecalibrationService),
    async [Symbol.asyncDispose]() {
      channel.close();
      await serving.drain(0);
      await recalibration.close();
    },
  };
}

for (const [name, createWorld] of [
  ["nats", natsWorld],
  ["embedded", embeddedWorld],
] as const) {
  const scenario = (what: string, run: (world: World) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      await using world = await createWorld();
      await run(world);
    });
  };

  scenario("one feedback moves the chosen candidate's estimates a little, and only its", async (world) => {
    await using bus = world.openBus();
    await using service = await startService(bus, world.stateDir);
    await decide(bus, "d1");
    await judge(bus, "d1", 0);
    const calibration = await publishedOn(bus, 1);
    const [map, ...others] = calibration.maps;
    assert.deepEqual(others, []);
    assert.equal(map?.candidate, "small");
    assert.ok(Math.abs(map.slope - 1) < 1e-9 && map.intercept < 0 && map.intercept > -0.5);
    assert.deepEqual(
      [calibration.parent, calibration.bundle, calibration.pinned],
      ["none", "bundle-1", false],
    );

    const status = await service.client.getStatus({});
    assert.equal(status.active?.revision, calibration.revision);
    assert.deepEqual(status.history, [calibration.revision]);
    assert.deepEqual([status.decisions, status.feedback, status.joined, status.waiting], [1n, 1n, 1n, 0n]);
    assert.deepEqual(
      status.candidates.map(({ candidate, pairs, meanReward }) => [candidate, pairs, meanReward]),
      [["small", 1n, 0]],
    );
  });

  scenario("feedback on a fallback's answer is taken in and teaches nothing", async (world) => {
    await using bus = world.openBus();
    await using service = await startService(bus, world.stateDir);
    await decide(bus, "d1");
    const outcome = create(OutcomeEventSchema, { decisionId: "d1", model: "large", completed: true });
    await publishOutcome(bus, outcome, { timeoutMs });
    await waitFor(() => service.log.some((line) => line.includes("fallback_answered")), {
      what: "the outcome",
    });
    await judge(bus, "d1", 0);
    await waitFor(async () => (await service.client.getStatus({})).feedback === 1n, { what: "the feedback" });
    assert.equal((await service.client.getStatus({})).joined, 0n);
  });

  scenario("feedback that comes before its decision waits for it", async (world) => {
    await using bus = world.openBus();
    await using service = await startService(bus, world.stateDir);
    await judge(bus, "d1", 1);
    await waitFor(async () => (await service.client.getStatus({})).waiting === 1n, {
      what: "waiting feedback",
    });
    await decide(bus, "d1");
    await publishedOn(bus, 1);
    assert.equal((await service.client.getStatus({})).waiting, 0n);
  });

  scenario("the same feedback again has no second effect, other feedback has", async (world) => {
    await using bus = world.openBus();
    await using _service = await startService(bus, world.stateDir);
    await decide(bus, "d1");
    await judge(bus, "d1", 0);
    await judge(bus, "d1", 0);
    await judge(bus, "d1", 0.5, "another");
    await publishedOn(bus, 2);
  });

  scenario("a restarted service goes on where it was, and revisions go on growing", async (world) => {
    const revisions: string[] = [];
    for (let run = 1; run <= 3; run++) {
      await using bus = world.openBus();
      await using service = await startService(bus, world.stateDir);
      await decide(bus, `d${run}`);
      await judge(bus, `d${run}`, 0);
      revisions.push((await publishedOn(bus, run)).revision);
      assert.equal((await service.client.getStatus({})).joined, BigInt(run));
    }
    assert.deepEqual(revisions, [...new Set(revisions)].toSorted());
  });

  scenario("a decision of another bundle updates that bundle's calibration only", async (world) => {
    await using bus = world.openBus();
    await using _service = await startService(bus, world.stateDir);
    await decide(bus, "d1");
    await judge(bus, "d1", 0);
    const first = await publishedOn(bus, 1);
    await decide(bus, "d2", { bundle: "bundle-2", model: "large" });
    await judge(bus, "d2", 0);
    const second = await publishedOn(bus, 1, "bundle-2");
    assert.deepEqual(
      second.maps.map(({ candidate }) => candidate),
      ["large"],
    );
    assert.deepEqual(await published(bus), first);
  });

  scenario("a pin stops publishing, unpinning publishes what was learned meanwhile", async (world) => {
    await using bus = world.openBus();
    await using service = await startService(bus, world.stateDir);
    await decide(bus, "d1");
    await judge(bus, "d1", 0);
    const first = await publishedOn(bus, 1);
    const { active } = await service.client.pinCalibration({ revision: first.revision });
    assert.deepEqual([active?.revision, active?.pinned], [first.revision, true]);

    await decide(bus, "d2");
    await judge(bus, "d2", 0);
    await waitFor(async () => (await service.client.getStatus({})).joined === 2n, {
      what: "the second lesson",
    });
    // A pin of what is pinned waits its turn behind whatever was about to be published.
    await service.client.pinCalibration({ revision: first.revision });
    assert.equal((await published(bus))?.revision, first.revision);

    const unpinned = await service.client.unpinCalibration({});
    assert.equal(unpinned.active?.pinned, false);
    const second = await publishedOn(bus, 2);
    assert.equal(second.parent, first.revision);
    assert.ok(second.revision > first.revision);
  });

  scenario(
    "rolling back makes the revision before active and holds it, down to the bundle's own",
    async (world) => {
      await using bus = world.openBus();
      await using service = await startService(bus, world.stateDir);
      const revisions: string[] = [];
      for (const pairs of [1, 2]) {
        await decide(bus, `d${pairs}`);
        await judge(bus, `d${pairs}`, 0);
        revisions.push((await publishedOn(bus, pairs)).revision);
      }
      const back = await service.client.rollBackCalibration({});
      assert.deepEqual([back.active?.revision, back.active?.pinned], [revisions[0], true]);
      assert.equal(back.active?.maps[0]?.pairs, 1n);
      assert.deepEqual(await published(bus), back.active);

      const own = await service.client.rollBackCalibration({});
      assert.deepEqual([own.active?.revision, own.active?.maps], ["none", []]);
      await assert.rejects(service.client.rollBackCalibration({}), {
        code: 5,
        reason: "UNKNOWN_CALIBRATION",
        message: /no revision before/,
      });
      const again = await service.client.pinCalibration({ revision: revisions[1] ?? "" });
      assert.equal(again.active?.maps[0]?.pairs, 2n);
    },
  );

  scenario(
    "an unknown revision is answered with the known ones, before the first decision too",
    async (world) => {
      await using bus = world.openBus();
      await using service = await startService(bus, world.stateDir);
      await assert.rejects(service.client.pinCalibration({ revision: "none" }), {
        code: 5,
        message: /no decision/,
      });
      await decide(bus, "d1");
      await judge(bus, "d1", 0);
      const { revision } = await publishedOn(bus, 1);
      await assert.rejects(service.client.pinCalibration({ revision: "c9" }), {
        code: 5,
        reason: "UNKNOWN_CALIBRATION",
        metadata: { revision: "c9", known: `${revision},none` },
      });
      await assert.rejects(service.client.pinCalibration({ revision: "" }), {
        code: 3,
        reason: "INVALID_FIELD",
      });
    },
  );

  scenario("an event that cannot be read is reported, and the ones behind it are taken", async (world) => {
    await using bus = world.openBus();
    await using service = await startService(bus, world.stateDir);
    const data = new Uint8Array([0xff, 0xff, 0xff]);
    await bus.publish({ subject: "ipr.decision._", id: "broken", data }, { timeoutMs });
    await judge(bus, "d1", 5, "too good");
    await decide(bus, "d1");
    await judge(bus, "d1", 1);
    await publishedOn(bus, 1);
    const refused = service.log.filter((line) => line.includes('"event_refused"'));
    assert.equal(refused.length, 2);
    assert.ok(refused.some((line) => line.includes("feedback too good has score 5")));
  });

  scenario("only the last twenty revisions are kept", async (world) => {
    await using bus = world.openBus();
    await using service = await startService(bus, world.stateDir);
    for (let pairs = 1; pairs <= 22; pairs++) {
      await decide(bus, `d${pairs}`);
      await judge(bus, `d${pairs}`, 0);
      await publishedOn(bus, pairs);
    }
    await waitFor(async () => (await service.client.getStatus({})).history.length === 20, {
      what: "the trim",
    });
    const { active, history } = await service.client.getStatus({});
    assert.equal(history[0], active?.revision);
    assert.deepEqual(history, history.toSorted().toReversed());
  });
}

test("the process, killed while it learns, has every lesson once after its restart", async () => {
  await using world = await natsWorld();
  await using bus = world.openBus();
  const env = {
    IPR_RECALIBRATION_LISTEN: "127.0.0.1:0",
    IPR_RECALIBRATION_NATS_URL: world.url,
    IPR_RECALIBRATION_STATE_DIR: world.stateDir,
    IPR_RECALIBRATION_PUBLISH_INTERVAL_MS: String(publishIntervalMs),
  };
  const start = () =>
    startProcess(main, [], { env, readyPattern: /"service_started".*"(127\.0\.0\.1:\d+)"/ });
  const lessons = 400;
  let sent = 0;
  const teach = async (count: number): Promise<void> => {
    for (const end = sent + count; sent < end; sent++) {
      await decide(bus, `d${sent}`);
      await judge(bus, `d${sent}`, sent % 2);
    }
  };
  for (let crash = 0; crash < 3; crash++) {
    await using victim = await start();
    const teaching = teach(lessons / 4);
    await waitFor(async () => ((await published(bus))?.maps[0]?.pairs ?? 0n) > crash * 20, {
      what: "a lesson",
    });
    await victim.kill();
    await teaching;
  }
  await using survivor = await start();
  await teach(lessons / 4);
  const channel = connect({ name: "recalibration", target: survivor.ready[1] ?? "", timeoutMs });
  const client = channel.client(RecalibrationService);
  // What the killed ones had not confirmed comes again after the server's patience; nothing may come twice.
  const isComplete = async () => (await client.getStatus({})).joined >= BigInt(lessons);
  await waitFor(isComplete, { what: "all lessons", timeoutMs: 60_000 });
  const status = await client.getStatus({});
  channel.close();
  assert.deepEqual(
    [status.decisions, status.feedback, status.joined, status.waiting],
    [BigInt(lessons), BigInt(lessons), BigInt(lessons), 0n],
  );
  assert.equal(status.candidates[0]?.meanReward, 0.5);
  assert.deepEqual(await survivor.stop(), { code: 0, signal: null });
});

test("the process says what is wrong with its settings and exits", async () => {
  const starting = startProcess(main, [], {
    env: { IPR_RECALIBRATION_PUBLISH_INTERVAL_MS: "-5" },
    readyPattern: /service_started/,
  });
  await assert.rejects(
    starting,
    /ended \(2\)[\s\S]*IPR_RECALIBRATION_STATE_DIR is not set: must be set[\s\S]*PUBLISH_INTERVAL_MS is -5: must be positive/,
  );
});
