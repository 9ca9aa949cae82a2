(() => {
  const button = document.getElementById("tables");
  const twins = [...document.querySelectorAll("details.twin")];
  const toggle = () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(open));
    for (const twin of twins) twin.open = open;
  };
  button.addEventListener("click", toggle);
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "t" && !event.ctrlKey && !event.metaKey && !event.altKey) toggle();
  });
  // Each mark of a chart carries its values as a label; show it under the pointer.
  const tip = document.getElementById("tip");
  addEventListener("pointermove", (event) => {
    const mark = event.target.closest?.(".paper svg path[aria-label], .paper svg image[aria-label]");
    const label = mark?.getAttribute("aria-label");
    tip.hidden = !label;
    if (!label) return;
    tip.textContent = label.replaceAll("; ", " · ");
    tip.style.left = Math.min(event.clientX + 12, innerWidth - 270) + "px";
    tip.style.top = event.clientY + 16 + "px";
  });
})();
