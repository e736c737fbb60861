// What every page does quicker with script; every page works without.
(function () {
  "use strict";
  var root = document.documentElement;
  var each = function (selector, use) { Array.prototype.forEach.call(document.querySelectorAll(selector), use); };

  // Light or dark.
  function showTheme() {
    var now = root.getAttribute("data-theme") || "system";
    each("[data-set-theme]", function (button) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-set-theme") === now));
    });
  }
  each("[data-theme-switch]", function (group) { group.hidden = false; });
  each("[data-set-theme]", function (button) {
    button.addEventListener("click", function () {
      var theme = button.getAttribute("data-set-theme");
      if (theme === "system") root.removeAttribute("data-theme"); else root.setAttribute("data-theme", theme);
      try {
        if (theme === "system") localStorage.removeItem("lotgate:theme"); else localStorage.setItem("lotgate:theme", theme);
      } catch (refused) { /* it holds for this page only */ }
      showTheme();
    });
  });
  showTheme();

  // "/" goes to the search field; Escape closes the person menu.
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      var at = event.target;
      if (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
      var search = document.querySelector("[data-slash]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    if (event.key === "Escape") each("[data-menu][open]", function (menu) {
      var inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    });
  });
  document.addEventListener("click", function (event) {
    each("[data-menu][open]", function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });

  // A summary of problems or questions takes the focus, so that it is read first.
  var summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  // A link into a closed part opens it first.
  function reveal() {
    var id = decodeURIComponent(location.hash.slice(1));
    var target = id && document.getElementById(id);
    for (var at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) target.focus();
  }
  window.addEventListener("hashchange", reveal);
  each(".problems a, .questions a", function (link) {
    link.addEventListener("click", function () { setTimeout(reveal, 0); });
  });

  // A form is sent once, however often the button is pressed.
  each("form[method=post]", function (form) {
    form.addEventListener("submit", function (event) {
      if (form.hasAttribute("data-verify")) return;
      if (form.getAttribute("data-sent")) { event.preventDefault(); return; }
      form.setAttribute("data-sent", "yes");
    });
    window.addEventListener("pageshow", function () { form.removeAttribute("data-sent"); });
  });

  // What is typed survives a session that runs out: kept in this tab until it is saved.
  var user = document.body.getAttribute("data-user") || "";
  var page = document.body.getAttribute("data-page");
  var PREFIX = "lotgate:typed:";
  function store(work) { try { return work(sessionStorage); } catch (refused) { return null; } }
  function typed(form) {
    var values = {};
    Array.prototype.forEach.call(form.elements, function (field) {
      if (!field.name || field.type === "hidden" || field.type === "password" || field.type === "file") return;
      if (field.autocomplete === "one-time-code") return;
      if (field.type === "checkbox") { if (field.name !== "looked_again") values[field.id] = field.checked; return; }
      values[field.id] = field.value;
    });
    return values;
  }
  function same(a, b) { return JSON.stringify(a) === JSON.stringify(b); }

  each("form[data-keep]", function (form) {
    var key = PREFIX + form.getAttribute("data-keep");
    var untouched = typed(form);
    form.addEventListener("input", function () {
      var now = typed(form);
      store(function (s) {
        if (same(now, untouched)) s.removeItem(key);
        else s.setItem(key, JSON.stringify({ user: user, at: new Date().toISOString(), values: now }));
      });
    });
    form.addEventListener("submit", function () { store(function (s) { s.setItem("lotgate:sent", key); }); });

    var kept = store(function (s) { return JSON.parse(s.getItem(key) || "null"); });
    if (!kept || kept.user !== user || same(kept.values, untouched) || document.querySelector(".problems, .questions")) return;
    var count = Object.keys(kept.values).filter(function (id) { return kept.values[id] !== untouched[id]; }).length;
    var offer = document.createElement("div");
    offer.className = "kept";
    offer.setAttribute("role", "status");
    var text = document.createElement("p");
    text.textContent = "You typed " + count + (count === 1 ? " field" : " fields") + " here at " +
      new Date(kept.at).toTimeString().slice(0, 5) + " that " + (count === 1 ? "was" : "were") + " not saved.";
    var back = document.createElement("button");
    back.type = "button"; back.className = "primary"; back.textContent = "Put them back";
    var drop = document.createElement("button");
    drop.type = "button"; drop.textContent = "Forget them";
    offer.append(text, back, drop);
    form.before(offer);
    if (form.closest("details")) form.closest("details").open = true;
    back.addEventListener("click", function () {
      Object.keys(kept.values).forEach(function (id) {
        var field = document.getElementById(id);
        if (!field || !form.contains(field)) return;
        if (field.type === "checkbox") field.checked = kept.values[id]; else field.value = kept.values[id];
        field.dispatchEvent(new Event("input", { bubbles: true }));
      });
      offer.remove();
      var first = form.querySelector("input:not([type=hidden]), select, textarea");
      if (first) first.focus();
    });
    drop.addEventListener("click", function () { store(function (s) { s.removeItem(key); }); offer.remove(); });
  });

  // Arriving anywhere but at a refusal or the sign-in means that what was sent is saved.
  store(function (s) {
    var sent = s.getItem("lotgate:sent");
    if (!sent || page === "sign-in" || page === "problem" || document.querySelector(".problems, .questions")) return;
    s.removeItem("lotgate:sent");
    var back = Array.prototype.some.call(document.querySelectorAll("form[data-keep]"), function (form) {
      return PREFIX + form.getAttribute("data-keep") === sent;
    });
    if (!back || document.querySelector(".message-pass")) s.removeItem(sent);
  });
})();
