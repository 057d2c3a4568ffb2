/* A file is tried by the routes; the answer is written as text, never as markup. */
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    const form = document.getElementById("file-test");
    const card = document.getElementById("file-decision");
    if (!form || !card) return;
    const said = card.querySelector("p");
    const pairs = card.querySelector("dl");
    const steps = card.querySelector("ul");

    function element(name, text, kind) {
      const made = document.createElement(name);
      made.textContent = text;
      if (kind) made.className = kind;
      return made;
    }

    function pair(label, text) {
      if (text) pairs.append(element("dt", label), element("dd", text));
    }

    function show(decision) {
      const words = card.dataset;
      const key = "outcome" + decision.outcome.split("_").map(function (part) {
        return part.charAt(0).toUpperCase() + part.slice(1);
      }).join("");
      said.hidden = true;
      pair(words.outcome, words[key] || decision.outcome);
      decision.assignments.forEach(function (each) {
        pair(words.test, [each.test, each.variant, each.role].filter(Boolean).join(" / "));
      });
      pair(words.rule, decision.rule);
      pair(words.field, decision.field);
      pair(words.second, decision.runner_up);
      pair(words.explanation, decision.reason);
      decision.steps.forEach(function (step) {
        const line = element("li", "", "none");
        const text = element("div", step.message);
        text.append(element("div", [step.stage, step.subject].filter(Boolean).join(" · "), "why"));
        line.append(element("span", "", "icon"), text, element("span", step.effect, "why"));
        steps.append(line);
      });
    }

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      const body = new FormData();
      body.append("file", form.elements.file.files[0]);
      card.hidden = false;
      pairs.replaceChildren();
      steps.replaceChildren();
      said.hidden = false;
      said.textContent = form.dataset.busy;
      fetch("/api/v1/routes/test", {
        method: "POST", body: body, headers: { "X-CSRF-Token": form.dataset.token }
      }).then(function (answer) {
        return answer.json().then(function (told) {
          if (!answer.ok) throw new Error(told.detail || "");
          show(told);
        });
      }).catch(function (error) {
        said.textContent = form.dataset.failed + (error.message ? " " + error.message : "");
      });
    });
  });
})();
