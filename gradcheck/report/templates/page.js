"use strict";
const form = document.querySelector("form.filter");
const items = [...document.querySelectorAll("[data-outcome]")].map((element) => ({ element, text: element.textContent.toLowerCase() }));
const sections = [...document.querySelectorAll("#findings, #holding")];

function filter() {
  const outcome = form.elements.outcome.value;
  const chosen = form.elements.document.value;
  const search = form.elements.search.value.trim().toLowerCase();
  let rows = 0;
  for (const { element, text } of items) {
    const shown =
      (!outcome || element.dataset.outcome === outcome) &&
      (!chosen || element.dataset.document === chosen) &&
      (!search || text.includes(search));
    element.hidden = !shown;
    if (shown && element.tagName === "TR") rows += 1;
  }
  for (const section of sections) section.hidden = !section.querySelector("[data-outcome]:not([hidden])");
  form.querySelector("output").textContent = outcome || chosen || search ? `${rows} shown` : "";
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
