// Writing QR codes (test ballots, receipts); bundled by scripts/build_client.
export { encodeQR } from "qr";
