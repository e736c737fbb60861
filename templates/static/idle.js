// Covers the page when nobody touched it for as long as the site's policy says. What is typed stays in
// the form underneath. The server locks the session by itself; this only shows it and unlocks it.
(function () {
  "use strict";
  var minutes = Number(document.body.getAttribute("data-idle"));
  if (!minutes || !window.HTMLDialogElement || !window.fetch) return;
  var KEY = "lotgate:seen", limit = minutes * 60000, seen = Date.now(), told = Date.now(), dialog = null;
  function shared(value) {
    try {
      if (value) localStorage.setItem(KEY, String(value));
      return Number(localStorage.getItem(KEY)) || 0;
    } catch (refused) { return 0; }
  }
  function locked() { return dialog && dialog.open; }
  function touched() {
    if (locked()) return;
    var now = Date.now();
    // Too late: the server has locked the session already.
    if (now - Math.max(seen, shared()) >= limit) { lock(); return; }
    seen = now;
    shared(now);
    // Long typing asks the server for nothing, so it is told once a minute that somebody is here.
    if (now - told < 60000) return;
    told = now;
    fetch("/api/v1/me", { credentials: "same-origin" }).catch(function () {});
  }
  function field(label, name, type, complete) {
    var box = document.createElement("div"), text = document.createElement("label"), input = document.createElement("input");
    box.className = "field";
    text.textContent = label; text.htmlFor = "lock-" + name;
    input.id = "lock-" + name; input.type = type; input.autocomplete = complete; input.className = "medium";
    box.append(text, input);
    return { box: box, input: input };
  }
  function build() {
    dialog = document.createElement("dialog");
    dialog.className = "lock";
    dialog.setAttribute("aria-labelledby", "lock-title");
    var title = document.createElement("h2"), why = document.createElement("p"), said = document.createElement("p");
    title.id = "lock-title"; title.textContent = "Locked";
    why.textContent = "Nobody touched this page for " + (minutes === 1 ? "a minute" : minutes + " minutes") + ". What was typed is still there. Type the password of " +
      document.body.getAttribute("data-user") + " to go on.";
    said.setAttribute("role", "alert");
    var form = document.createElement("form");
    form.className = "form";
    var password = field("Password", "password", "password", "current-password");
    var code = document.body.hasAttribute("data-code") ? field("One-time code", "code", "text", "one-time-code") : null;
    var button = document.createElement("button");
    button.type = "submit"; button.className = "primary"; button.textContent = "Unlock";
    form.append(password.box);
    if (code) form.append(code.box);
    var actions = document.createElement("div");
    actions.className = "actions";
    actions.append(button);
    form.append(said, actions);
    // Whoever else sits here cannot unlock it, but can end it and sign in.
    var leave = document.createElement("form"), away = document.createElement("button");
    leave.action = "/sign-out"; leave.method = "post"; leave.className = "lock-leave";
    away.type = "submit"; away.className = "quiet"; away.textContent = "Sign out and lose what was typed";
    leave.append(away);
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var entry = { password: password.input.value };
      if (code && code.input.value) entry.code = code.input.value;
      button.disabled = true;
      fetch("/api/v1/session/unlock", {
        method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(entry)
      }).then(function (answer) {
        if (answer.ok) { open(); return null; }
        return answer.json().then(function (problem) {
          said.textContent = problem.code === "not_signed_in"
            ? "The session has ended. Sign in again in another tab, then send this page." : problem.detail;
        });
      }).catch(function () { said.textContent = "The site cannot be reached just now."; }).then(function () {
        button.disabled = false;
        password.input.value = "";
        if (code) code.input.value = "";
        if (locked()) password.input.focus();
      });
    });
    // Escape does not get around the password.
    dialog.addEventListener("cancel", function (event) { event.preventDefault(); });
    dialog.addEventListener("close", function () { if (Date.now() - seen >= limit) dialog.showModal(); });
    dialog.append(title, why, form, leave);
    document.body.append(dialog);
  }
  function lock() {
    if (!dialog) build();
    if (!dialog.open) dialog.showModal();
  }
  function open() {
    seen = told = Date.now();
    shared(seen);
    if (locked()) dialog.close();
  }
  ["keydown", "pointerdown", "pointermove", "wheel", "input"].forEach(function (name) {
    document.addEventListener(name, touched, { passive: true });
  });
  // Another tab was touched or unlocked.
  window.addEventListener("storage", function (event) {
    if (event.key !== KEY) return;
    if (Date.now() - shared() < limit) { seen = Math.max(seen, shared()); if (locked()) dialog.close(); }
  });
  shared(seen);
  setInterval(function () { if (Date.now() - Math.max(seen, shared()) >= limit) lock(); }, 1000);
})();
