"""The kernel of the page's training, in a worker of an exported page under the policy that the page comes with."""

import re
from pathlib import Path

KERNEL = Path(__file__).resolve().parents[2] / "frontend" / "src" / "engine" / "kernel.ts"
RUN = """(kernel) => new Promise((done) => {
  const program = `onmessage = ({ data }) => {
    try {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const { memory, shut } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
      memory.grow(1);
      const numbers = new Float32Array(memory.buffer, 4096, 12);
      numbers.set([1, 0, -1, 2, 5, 6, 7, 8]);
      shut(4096, 4096 + 16, 4096 + 32, 4);
      let text = "ran";
      try { new Function("return 1")(); } catch (error) { text = error.name; }
      postMessage([...numbers.subarray(8), text]);
    } catch (error) { postMessage(String(error)); }
  }`;
  const worker = new Worker(URL.createObjectURL(new Blob([program], { type: "text/javascript" })));
  worker.onmessage = ({ data }) => done(data);
  worker.onerror = ({ message }) => done(message);
  worker.postMessage(kernel);
})"""


def test_the_policy_lets_a_worker_run_the_kernel_and_no_text_as_a_program(new_page, exported):
    page = new_page()
    page.goto(exported.as_uri())
    kernel = re.search(r'"([A-Za-z0-9+/=]{100,})"', KERNEL.read_text(encoding="utf-8"))[1]
    assert page.evaluate(RUN, kernel) == [5, 0, 0, 8, "EvalError"]
    assert not [url for url in page.requests if not url.startswith(("file:", "blob:"))]
