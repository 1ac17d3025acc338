// Reads a stream of ours as an application of the AI SDK does, and says what it understood. Arguments: address, token, body, where to abort.
import { DefaultChatTransport, readUIMessageStream } from 'ai';

const [url, token, body, abortAt] = process.argv.slice(2);
const stop = new AbortController();
const transport = new DefaultChatTransport({
  api: url,
  headers: { authorization: `Bearer ${token}` },
  prepareSendMessagesRequest: () => ({ body: JSON.parse(body) }),
});
const chunks = [];
const errors = [];
let message;
const stream = await transport.sendMessages({ chatId: 'x', messages: [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }], trigger: 'submit-message', messageId: undefined, abortSignal: stop.signal });
const heard = stream.pipeThrough(new TransformStream({
  transform(chunk, controller) {
    chunks.push(chunk.type);
    if (chunk.type === abortAt) stop.abort();
    controller.enqueue(chunk);
  },
}));
try {
  for await (const state of readUIMessageStream({ stream: heard, onError: (error) => errors.push(String(error)), terminateOnError: false })) message = state;
} catch (error) {
  errors.push(String(error));
}
console.log(JSON.stringify({ chunks, errors, message }));
