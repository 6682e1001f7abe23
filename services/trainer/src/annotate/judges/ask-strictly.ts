import type { Message } from "../annotation-prompt.ts";
import { type JudgeTools, UnreadableReply } from "./judge.ts";

/** How much of a reply that cannot be read is kept in the record. */
const keptCharacters = 200;

/**
 * Asks the judge's model and reads its reply; a reply that cannot be read is asked for once more, and then recorded as
 * a failure.
 */
export async function askStrictly<T>(
  tools: JudgeTools,
  options: {
    readonly call: string;
    readonly messages: readonly Message[];
    /** Completes "End your reply with …". */
    readonly wantedEnd: string;
    readonly parse: (reply: string) => T | undefined;
  },
): Promise<{ readonly verdict: T; readonly reply: string }> {
  const { call, messages, wantedEnd, parse } = options;
  const first = await tools.ask(`${call} 1`, messages);
  const verdict = parse(first);
  if (verdict !== undefined) return { verdict, reply: first };
  const second = await tools.ask(`${call} 2`, [
    ...messages,
    { role: "assistant", content: first === "" ? "(nothing)" : first },
    {
      role: "user",
      content: `Your reply could not be read. Judge again, briefly. End your reply with ${wantedEnd}`,
    },
  ]);
  const again = parse(second);
  if (again !== undefined) return { verdict: again, reply: second };
  const seen = second.trim().slice(-keptCharacters).toWellFormed();
  throw new UnreadableReply(
    `the judge's reply could not be read, twice; the second one ended in ${JSON.stringify(seen)}`,
  );
}
