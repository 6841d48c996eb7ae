// The Vercel AI SDK against an engine: node ai_sdk.mjs FOLDER PROVIDER URL MODEL; its packages are in FOLDER/node_modules.
// Says what came of it as one JSON object; every answer has gone through the SDK's own schemas.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

globalThis.AI_SDK_LOG_WARNINGS = false;
const [folder, kind, url, model] = process.argv.slice(2);
const found = createRequire(`${folder}/package.json`);
const load = (name) => import(pathToFileURL(found.resolve(name)).href);

const { generateObject, generateText, stepCountIs, streamText, tool } = await load("ai");
const { z } = await load("zod");

const PROVIDERS = {
  openai: async () => (await load("@ai-sdk/openai")).createOpenAI({ baseURL: `${url}/v1`, apiKey: "none" }).chat(model),
  responses: async () => (await load("@ai-sdk/openai")).createOpenAI({ baseURL: `${url}/v1`, apiKey: "none" }).responses(model),
  anthropic: async () => (await load("@ai-sdk/anthropic")).createAnthropic({ baseURL: `${url}/v1`, apiKey: "none" })(model),
  google: async () => (await load("@ai-sdk/google")).createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: "none" })(model),
  compatible: async () =>
    (await load("@ai-sdk/openai-compatible")).createOpenAICompatible({
      name: "engine",
      baseURL: `${url}/v1`,
      apiKey: "none",
      includeUsage: true,
      supportsStructuredOutputs: true,
    })(model),
};

const asked = { model: await PROVIDERS[kind](), prompt: "Where is Köln?", maxRetries: 0 };
const weather = tool({
  description: "Tells the weather of a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => (city === "Köln" ? "18 C, sunny" : `no such city: ${city}`),
});
const steps = { tools: { weather }, stopWhen: stepCountIs(3) };

const told = {};
const whole = await generateText(asked);
told.text = [whole.text, whole.finishReason, whole.usage.inputTokens, whole.usage.outputTokens];
const stream = streamText({ ...asked, onError: ({ error }) => { throw error; } });
told.pieces = [];
for await (const piece of stream.textStream) told.pieces.push(piece);
told.streamed = [await stream.finishReason, (await stream.usage).inputTokens];
const called = await generateText({ ...asked, ...steps });
told.tools = [called.text, called.steps.map((step) => step.toolCalls.map((call) => [call.toolName, call.input]))];
const flowing = streamText({ ...asked, ...steps, onError: ({ error }) => { throw error; } });
told.streamedTools = "";
for await (const piece of flowing.textStream) told.streamedTools += piece;
told.object = (await generateObject({ ...asked, prompt: "which?", schema: z.object({ river_name: z.string() }) })).object;
console.log(JSON.stringify(told));
