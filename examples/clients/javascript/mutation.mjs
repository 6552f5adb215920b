// Signs in, and says where a player stands in a content.   node mutation.mjs <content id> <seconds>
import { randomUUID } from "node:crypto";
import { ask, granted, run, signIn } from "./marquee.mjs";

const RECORD = `
  mutation Record($input: RecordWatchProgressInput!) {
    recordWatchProgress(input: $input) {
      __typename
      ... on ProgressRecorded { progress { positionSeconds completed content { title } } }
      ... on Refusal { code message problems { field message } }
    }
  }`;

/** Sends it until it is answered: a repeat of the same `eventId` changes nothing, so it is never counted twice. */
async function record(event, token, tries = 5) {
  try {
    return granted((await ask(RECORD, { input: { events: [event] } }, token)).recordWatchProgress);
  } catch (error) {
    const mayPass = error.code === undefined || ["INTERNAL", "RATE_LIMITED", "UNAVAILABLE"].includes(error.code);
    if (!mayPass || tries <= 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, (error.retryAfter ?? 0.5) * 1000));
    return record(event, token, tries - 1);
  }
}

await run(async () => {
  const [contentId, seconds] = process.argv.slice(2);
  const { accessToken } = await signIn();
  const event = {
    eventId: randomUUID(),
    contentId,
    positionSeconds: Number(seconds),
    observedAt: new Date().toISOString(),
  };
  for (const { positionSeconds, completed, content } of (await record(event, accessToken)).progress) {
    console.log(`${content.title}: ${positionSeconds} s${completed ? ", seen to the end" : ""}`);
  }
});
