// Scanning a QR code: the camera is on while this screen is, and its pictures stay on the tablet.

import { button, h } from "./dom.mjs";
import { headingPlace } from "./frame.mjs";

const EVERY = 250; // ms between two pictures
const SIDE = 640; // pixels of a picture looked at

/**
 * Show what the camera sees, and give the text of every QR code in it, again and again while it is
 * held there; none where there is no camera. Once the reader has enough, the signal is given or the
 * picture has left the page, the camera is out.
 * @param {HTMLVideoElement} video @param {AbortSignal} signal
 * @returns {AsyncGenerator<string, void>}
 */
export async function* readCodes(video, signal) {
  const { decodeQR } = await import("../vendor/qr_reader.mjs");
  /** @type {MediaStream} */
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return; // refused, absent or in use: typing works as well
  }
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  try {
    signal.addEventListener("abort", stop);
    video.srcObject = stream;
    await video.play().catch(() => undefined);
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    while (!signal.aborted && video.isConnected && context) {
      await new Promise((resolve) => setTimeout(resolve, EVERY));
      if (!video.videoWidth) continue;
      const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      let text;
      try {
        text = decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
      } catch {
        continue; // no code in this picture
      }
      yield text;
    }
  } finally {
    stop();
  }
}

/**
 * The first code; null where there is none. @param {HTMLVideoElement} video @param {AbortSignal} signal
 * @returns {Promise<string | null>}
 */
export async function readCode(video, signal) {
  for await (const text of readCodes(video, signal)) return text;
  return null;
}

/** @param {import("./app.mjs").App} app @param {import("./code_pad.mjs").Pad} pad @returns {import("./frame.mjs").Screen} */
export function scan(app, pad) {
  return (_, signal) => {
    const { t } = app;
    const video = h("video", { class: "camera", playsinline: true, muted: true, "aria-label": t("scan.title") });
    const said = h("p", { class: "lead", role: "status" }, t("scan.lead"));
    void readCode(video, signal).then((text) => {
      if (signal.aborted) return;
      if (text !== null) pad.take(pad.fold(text.split(/[/#=]/).pop() ?? "").slice(0, pad.length));
      else {
        video.hidden = true;
        said.replaceChildren(t("scan.none"));
      }
    });
    return {
      name: "scan",
      title: t("scan.title"),
      content: [headingPlace(), said, video],
      foot: [button(t("scan.stop"), () => app.checkIn.open(), { class: "btn btn--next" })],
    };
  };
}
