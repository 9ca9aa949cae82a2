// What benchmarks/page.py does in the page.

/** Pointer events come at the start of a frame: from there to the moment after that frame was painted. */
function painted(act) {
  return new Promise((done) =>
    requestAnimationFrame(async () => {
      const started = performance.now();
      act();
      await Promise.resolve();
      setTimeout(() => done(performance.now() - started), 0);
    }),
  );
}

async function repeated(n, act) {
  const times = [];
  for (let k = 0; k < n; k++) times.push(await painted(() => act(k)));
  return times;
}

/** Over the output map of the pixel calculator, another value each time. */
function movePointer(n) {
  const map = [...document.querySelectorAll(".looks .map")].at(-1);
  const box = map.getBoundingClientRect();
  const along = (start, length, k) => start + (length * ((k % 11) + 0.5)) / 11;
  return repeated(n, (k) => {
    const place = { clientX: along(box.left, box.width, 7 * k), clientY: along(box.top, box.height, 3 * k) };
    map.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, pointerType: "mouse", ...place }));
  });
}

/** The way of CNN Explainer: a node for every value of input, output, window and text, all set again at each move. */
async function redrawNodes(n) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("width", 900);
  svg.setAttribute("height", 500);
  document.body.prepend(svg);
  const make = (name, count, left) =>
    Array.from({ length: count }, (_, k) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries({ x: left + 8 * (k % 28), y: 8 * Math.floor(k / 28), width: 8, height: 8 })) {
        node.setAttribute(key, value);
      }
      return svg.appendChild(node);
    });
  const nodes = [...make("rect", 784, 0), ...make("rect", 676, 240), ...make("rect", 27, 500), ...make("text", 27, 640)];
  const times = await repeated(n, (k) =>
    nodes.forEach((node, index) => {
      node.style.fill = `rgb(${(index * 3 + k) % 255},${(index + k) % 255},90)`;
      node.style.stroke = index % 28 === k % 28 ? "black" : "none";
      if (node.tagName === "text") node.textContent = (((index + k) % 100) / 100).toFixed(2);
    }),
  );
  svg.remove();
  return times;
}

/** Another image for the whole network. */
function changePicture(n) {
  const select = document.querySelector('select[aria-label="Image"]');
  return repeated(n, (k) => {
    select.value = String((k + 1) % 30);
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

Object.assign(globalThis, { movePointer, redrawNodes, changePicture });
