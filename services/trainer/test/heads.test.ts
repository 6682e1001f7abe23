import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createPredictor, loadBundle, loadEncoder, withoutFold } from "@ipr/estimator";
import { temporaryDirectory } from "@ipr/testing";
import { heads, train } from "../src/index.ts";
import { foldsOf } from "../src/evaluate/fold-bundle.ts";
import { writeTinyData, writeTinyEncoder } from "../src/train/tiny-world.ts";

const fast = { hidden: 16, maxEpochs: 30, learningRate: 5e-3, batchRows: 64 };

for (const head of heads) {
  test(`head ${head} tells easy prompts from hard ones, whole and without a fold, and comes back as stored`, async () => {
    await using dir = await temporaryDirectory();
    const encoderDir = await writeTinyEncoder(dir.path);
    const data = await writeTinyData(dir.path, 800);
    const out = join(dir.path, "bundle");
    const options = { data: [data], encoder: encoderDir, out, head, hyperparameters: fast };
    const report = await train(options);
    assert.ok(report.test!.r2 > 0.1, `${head}: ${JSON.stringify(report.test)}`);

    const bundle = await loadBundle(out);
    const encoder = await loadEncoder(encoderDir);
    assert.equal(bundle.manifest.training["head"], head);
    assert.equal(foldsOf(bundle)!.estimators.length, 5);
    for (const estimator of [bundle, withoutFold(bundle, 0), withoutFold(bundle, 4)]) {
      const predictor = createPredictor(estimator);
      const weak = async (text: string) => {
        const embedding = await encoder.encode(text);
        return predictor.predict({ text, embedding, candidates: ["weak", "strong"] })[0]!;
      };
      const [easy, hard] = [await weak("add numbers please"), await weak("prove theorem please")];
      assert.ok(easy.quality > hard.quality + 0.3, `${head}: ${easy.quality} ${hard.quality}`);
    }
    const [strong] = createPredictor(bundle).predict({
      text: "prove theorem please",
      embedding: await encoder.encode("prove theorem please"),
      candidates: ["strong"],
    });
    assert.ok(strong!.outputTokens! > 300 && strong!.outputTokens! < 3000, String(strong!.outputTokens));
  });
}

test("equal data, options and seed give the same bundle with every head", async () => {
  await using dir = await temporaryDirectory();
  const encoder = await writeTinyEncoder(dir.path);
  const data = [await writeTinyData(dir.path, 400)];
  const quick = { ...fast, maxEpochs: 3 };
  for (const head of heads) {
    const options = { data, encoder, head, hyperparameters: quick };
    const first = await train({ ...options, out: join(dir.path, `${head}-first`) });
    const second = await train({ ...options, out: join(dir.path, `${head}-second`) });
    assert.equal(first.bundle, second.bundle);
  }
});
