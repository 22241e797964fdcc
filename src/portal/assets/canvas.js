// A canvas: what live sessions and recordings show, drawn from the updates that the broker's `stream` describes.

// Draws updates upon `canvas`, each after the one before; `resized` is called when the picture has another size.
export function picture(canvas, resized) {
  const paint = canvas.getContext("2d", { alpha: false, desynchronized: true });
  let drawn = Promise.resolve();
  // Resolves to the head of the update once it is drawn. `bytes` is an ArrayBuffer, or a view on a part of one.
  const draw = (bytes) => {
    const [buffer, start] = ArrayBuffer.isView(bytes) ? [bytes.buffer, bytes.byteOffset] : [bytes, 0];
    const head = new DataView(buffer, start, bytes.byteLength);
    const parts = head.getUint16(2, true);
    const update = { number: Number(head.getBigUint64(4, true)), width: head.getUint16(12, true), height: head.getUint16(14, true), deed: head.getUint32(16, true) };
    const images = [];
    for (let part = 0, at = 20; part < parts; part += 1) {
      const [x, y, width, height] = [0, 2, 4, 6].map((by) => head.getUint16(at + by, true));
      const type = head.getUint8(at + 8) === 1 ? "image/png" : "image/jpeg";
      const length = head.getUint32(at + 9, true);
      const image = createImageBitmap(new Blob([new Uint8Array(buffer, start + at + 13, length)], { type }));
      images.push(image.then((image) => ({ image, x, y, width, height })));
      at += 13 + length;
    }
    // Decoded side by side, drawn in their order.
    const ready = Promise.all(images);
    const done = drawn.then(() => ready).then((ready) => {
      if (canvas.width !== update.width || canvas.height !== update.height) {
        canvas.width = update.width;
        canvas.height = update.height;
        resized();
      }
      for (const { image, x, y } of ready) {
        paint.drawImage(image, x, y);
        image.close();
      }
      return update;
    });
    drawn = done.catch(() => {});
    return done;
  };
  return { draw };
}
