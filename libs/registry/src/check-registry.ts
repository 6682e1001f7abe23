import { type Endpoint, Gate, Protocol, type Registry, type Router } from "@ipr/proto";
import { didYouMean } from "./nearest.ts";
import type { Path, Problem } from "./problem.ts";

/** What the contract cannot say about one message because it takes two: names that must be unique, or must exist. */
export function checkRegistry({ candidates, routers }: Registry): Problem[] {
  const names = new Set(candidates.map(({ name }) => name));
  return [
    ...duplicates(candidates, ["candidates"]),
    ...duplicates(routers, ["routers"]),
    ...candidates.flatMap(({ endpoints }, index) =>
      checkEndpoints(endpoints, ["candidates", index, "endpoints"]),
    ),
    ...routers.flatMap((router, index) => checkRouter(router, ["routers", index], names)),
  ];
}

function checkEndpoints(endpoints: readonly Endpoint[], path: Path): Problem[] {
  const problems = duplicates(endpoints, path);
  for (const [index, { protocol, baseUrl }] of endpoints.entries()) {
    if (protocol === Protocol.SIMULATED || isHttpUrl(baseUrl)) continue;
    const found = baseUrl === "" ? "is missing" : `is ${JSON.stringify(baseUrl)}`;
    const text = `${found}, but must be a URL such as "http://127.0.0.1:11434/v1"`;
    problems.push({ path: [...path, index, "baseUrl"], text });
  }
  return problems;
}

/** Whether requests can be sent there. */
export function isHttpUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

function checkRouter(router: Router, path: Path, known: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  for (const [index, name] of router.candidates.entries()) {
    if (known.has(name)) continue;
    const text = `is ${JSON.stringify(name)}, but no candidate has that name${didYouMean(name, known)}`;
    problems.push({ path: [...path, "candidates", index], text });
  }
  if (!router.candidates.includes(router.reference)) {
    const hint = didYouMean(router.reference, router.candidates);
    const text = `is ${JSON.stringify(router.reference)}, but must be one of the router's candidates${hint}`;
    problems.push({ path: [...path, "reference"], text });
  }
  if (router.gate === Gate.STATIC && router.staticThreshold === undefined) {
    const text =
      "is missing, but the gate is static: give the smallest quality estimate to accept, from 0 to 1";
    problems.push({ path: [...path, "staticThreshold"], text });
  }
  return problems;
}

function duplicates(items: readonly { readonly name: string }[], path: Path): Problem[] {
  const seen = new Set<string>();
  return items.flatMap(({ name }, index) => {
    const isNew = !seen.has(name);
    seen.add(name);
    return isNew
      ? []
      : [{ path: [...path, index, "name"], text: `is ${JSON.stringify(name)} again; names must be unique` }];
  });
}

/** What is allowed and yet seldom meant, for a person to read at start-up. */
export function registryWarnings({ candidates, routers }: Registry): string[] {
  const warnings: string[] = [];
  for (const { name, gate, candidates: members } of routers) {
    if (gate === Gate.DYNAMIC_MINMAX && members.length === 2) {
      warnings.push(
        `router ${name}: with two candidates dynamic_minmax is all or nothing: every tolerance below 1 takes the ` +
          "predicted best and 1 takes the cheapest; use dynamic_max",
      );
    }
  }
  const unpriced = candidates.filter(({ price }) => price === undefined).map(({ name }) => name);
  if (unpriced.length > 0) {
    warnings.push(`no price is known for ${unpriced.join(", ")}: not feasible by cost until one is`);
  }
  return warnings;
}
