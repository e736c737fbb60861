// The grid for recording a run: Enter goes down, a pasted column fills down,
// and the verdict of what is typed appears beside it. The server judges; this only asks.
(function () {
  "use strict";
  var form = document.querySelector("form[data-preview]");
  if (!form) return;
  var grid = form.querySelector("[data-grid]");
  var fields = Array.prototype.slice.call(grid.querySelectorAll("[data-value]"));
  var WORDS = {
    pass: "Pass", fail: "Fail", pending: "Pending", missing: "Missing", unverified: "Not verified", invalid: "Invalid run",
    indeterminate: "Indeterminate", reported: "Reported", not_applicable: "Not applicable"
  };

  grid.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" && event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    var at = fields.indexOf(event.target);
    if (at < 0 || event.isComposing) return;
    if (event.key !== "Enter" && event.target.tagName === "SELECT") return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    var up = event.key === "ArrowUp" || event.shiftKey;
    var next = fields[at + (up ? -1 : 1)];
    if (next) { next.focus(); if (next.select) next.select(); }
    else if (!up && event.key === "Enter") {
      var below = form.querySelector("fieldset:not(.entry) select, fieldset:not(.entry) input:not([type=hidden])");
      (below || form.querySelector("[data-submit]")).focus();
    }
  });

  // "CD105<tab>98.7" finds its own row; a bare column fills downwards from where it is pasted.
  function plain(text) { return text.toLowerCase().replace(/[^a-z0-9]/g, "").replace(/positive$/, ""); }
  function rowOf(name) {
    var wanted = plain(name);
    return wanted && fields.find(function (field) {
      var row = field.closest("tr");
      return plain(row.getAttribute("data-attribute")) === wanted || plain(row.querySelector("label, [data-name]").textContent) === wanted;
    });
  }
  function put(field, text) {
    var value = text.trim();
    if (field.tagName === "SELECT") {
      var option = Array.prototype.find.call(field.options, function (o) { return plain(o.value) === plain(value); });
      if (option) field.value = option.value;
    } else field.value = value;
  }
  grid.addEventListener("paste", function (event) {
    var at = fields.indexOf(event.target);
    var text = event.clipboardData && event.clipboardData.getData("text/plain");
    if (at < 0 || !text || !/[\r\n\t]/.test(text.replace(/[\r\n]+$/, ""))) return;
    event.preventDefault();
    text.replace(/[\r\n]+$/, "").split(/\r\n|\r|\n/).forEach(function (line, i) {
      var cells = line.split("\t");
      var named = cells.length > 1 && rowOf(cells[0]);
      if (named) put(named, cells[1]);
      else if (fields[at + i]) put(fields[at + i], cells[0]);
    });
    fields[at].dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Live verdicts.
  function show(output, reading) {
    output.textContent = "";
    if (!reading) return;
    if (reading.outcome === "refused") {
      var no = document.createElement("span");
      no.className = "refusal-live";
      no.textContent = reading.because;
      output.append(no);
      return;
    }
    var state = document.createElement("span");
    state.className = "state state-" + reading.outcome;
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "shape"); svg.setAttribute("viewBox", "0 0 16 16"); svg.setAttribute("aria-hidden", "true");
    var use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", "#s-" + reading.outcome);
    svg.append(use);
    state.append(svg, WORDS[reading.outcome] || reading.outcome);
    var because = document.createElement("span");
    because.className = "because";
    because.textContent = [reading.because, reading.distance].filter(Boolean).join(" · ");
    output.append(state, " ", because);
  }
  var waiting, asked = 0;
  function judge() {
    var turn = ++asked;
    var typed = new FormData(form);
    typed.delete("file");
    fetch(form.getAttribute("data-preview"), {
      method: "POST", credentials: "same-origin", headers: { Accept: "application/json" }, body: new URLSearchParams(typed)
    }).then(function (answer) { return answer.ok ? answer.json() : null; }).then(function (answer) {
      if (!answer || turn !== asked) return;
      var by = {};
      answer.readings.forEach(function (reading) { by[reading.attribute] = reading; });
      Array.prototype.forEach.call(grid.querySelectorAll("tr[data-attribute]"), function (row) {
        // A calculation has several fields; while one is empty there is nothing to say yet.
        var own = fields.filter(function (field) { return row.contains(field); });
        var unfinished = own.some(function (field) { return field.value.trim() === ""; });
        var reading = unfinished ? null : by[row.getAttribute("data-attribute")];
        show(row.querySelector("[data-verdict]"), reading);
        var problems = row.querySelectorAll(".refusal");
        if (!problems.length || !(reading || own.length === 1)) return;
        Array.prototype.forEach.call(problems, function (problem) { problem.remove(); });
        if (!reading) return;
        row.classList.remove("row-refused");
        own.forEach(function (field) { field.removeAttribute("aria-invalid"); });
      });
    }).catch(function () { /* offline: the verdict comes with the answer to the form */ });
  }
  form.addEventListener("input", function () { clearTimeout(waiting); waiting = setTimeout(judge, 250); });
  form.addEventListener("change", function () { clearTimeout(waiting); waiting = setTimeout(judge, 250); });
  if (fields.some(function (field) { return field.value.trim() !== ""; }) && !document.querySelector(".problems")) judge();
})();
