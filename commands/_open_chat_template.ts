import { readChatTemplates } from "../lib/checkpoint/read_chat_templates.ts";
import { ChatTemplate } from "../lib/evaluation/chat_template.ts";
import type { EvalOptions } from "./_eval_options.ts";
import { RefusedRequestError } from "./command.ts";

/**
 * The chat template that the options ask for; undefined where they ask for none.
 *
 * @param directory Directory of the model.
 * @param nowMs What a template is told when it asks for the date.
 * @throws RefusedRequestError when the model has no such template.
 */
export async function openChatTemplate(
  { applyChatTemplate, chatTemplate, fewshotAsMultiturn, model }: EvalOptions,
  directory: string,
  nowMs: number,
): Promise<ChatTemplate | undefined> {
  if (!applyChatTemplate) return undefined;
  const { sources, tokens } = await readChatTemplates(directory);
  if (sources.size === 0) {
    throw new RefusedRequestError(
      `Cannot use the chat template of ${model}: it has none`,
      "leave --apply-chat-template out: a model without one goes on with texts",
    );
  }
  const source = sources.get(chatTemplate ?? "default");
  if (source === undefined) {
    const names = [...sources.keys()].sort().join(", ");
    throw new RefusedRequestError(
      `Cannot use the chat template ${
        JSON.stringify(chatTemplate ?? "default")
      } of ${model}: it has ${names}`,
      "give one of them with --chat-template NAME",
    );
  }
  return new ChatTemplate(source, { tokens, multiturn: fewshotAsMultiturn ?? true, nowMs });
}
