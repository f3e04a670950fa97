// Reading QR codes from a camera's pictures; bundled by scripts/build_client.
export { decodeQR } from "qr/decode.js";
