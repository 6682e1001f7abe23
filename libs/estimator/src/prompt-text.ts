/** One chat message as the OpenAI wire and labelled data have it: plain text, or parts of which only text is read. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: string | readonly { readonly type: string; readonly text?: string }[] | null;
}

/**
 * The text of a conversation that is encoded and estimated: what was said, in order, without roles.
 *
 * Training and serving must agree on this, so it lives here and nowhere else.
 */
export function promptText(messages: readonly ChatMessage[]): string {
  return messages
    .map(contentText)
    .filter((text) => text !== "")
    .join("\n\n");
}

function contentText({ content }: ChatMessage): string {
  if (content === undefined || content === null) return "";
  if (typeof content === "string") return content;
  return content
    .map((part) => part.text ?? "")
    .filter((text) => text !== "")
    .join("\n");
}
