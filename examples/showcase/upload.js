// Sending a picture to where the server says: the store takes exactly what was announced, and nothing else.
import { ask } from "./graphql.js";

/** What the server wants to know of a file before. */
export const announced = (file) => ({ filename: file.name, contentType: file.type, sizeBytes: file.size });

/**
 * Sends the bytes by a ticket and says that they are there. Answers a refusal, or null. `tell` hears how many percent have gone:
 * that is what XMLHttpRequest is for, fetch does not say.
 */
export async function send({ image, url, method, headers }, file, tell) {
  const sent = await new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const { name, value } of headers) {
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value); // the browser says that itself
    }
    request.upload.onprogress = ({ loaded, total }) => tell(Math.round((loaded / total) * 100));
    request.onload = () => resolve(request.status < 300);
    request.onerror = () => resolve(false);
    request.send(file);
  });
  if (!sent) return { code: "UPLOAD_INCOMPLETE", message: "The bytes did not arrive.", problems: [] };
  const { refusal } = await ask("CompleteImageUpload", { input: { id: image.id } });
  return refusal;
}
