// Hashes the file in the browser and asks the site about the hash. The file is not sent anywhere.
(function () {
  "use strict";
  var form = document.querySelector("form[data-verify]");
  // Outside a secure context (plain http on another host) browsers do not hash; the form uploads instead.
  if (!form || !window.crypto || !crypto.subtle || !window.fetch) return;
  var drop = form.querySelector("[data-drop]");
  var input = form.querySelector("input[type=file]");
  var answer = document.getElementById("answer");
  var each = function (selector, use) { Array.prototype.forEach.call(document.querySelectorAll(selector), use); };
  each("[data-with-script]", function (part) { part.hidden = false; });
  each("[data-without-script]", function (part) { part.hidden = true; });
  function hex(buffer) {
    return Array.prototype.map.call(new Uint8Array(buffer), function (b) { return b.toString(16).padStart(2, "0"); }).join("");
  }
  // The number stands readable in the file (its title and file name); an altered copy usually still carries it.
  function numberIn(bytes) {
    var text = new TextDecoder("latin1").decode(bytes);
    var certificate = text.match(/RC-\d{4}-\d{6}(?!\d)/), notice = text.match(/CN-\d{4}-\d{6}(?!\d)/);
    // A certificate may name the notice before it, and a remark on a notice any certificate.
    var isNotice = text.indexOf("notice.json") >= 0 && text.indexOf("certificate.json") < 0;
    var found = isNotice && notice ? notice : certificate || notice;
    return found ? found[0] : null;
  }
  function make(name, text, parent) {
    var element = document.createElement(name);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  }
  function fact(list, label, value, href) {
    var row = make("div", "", list);
    make("dt", label, row);
    var said = make("dd", href ? "" : value, row);
    if (href) make("a", value, said).href = href;
  }
  // A sentence that ends with a hash shows it in groups of four.
  function checked(list, sentence) {
    var parts = sentence.match(/^(.*) ([0-9a-f]{64})$/);
    var item = make("li", parts ? parts[1] + " " : sentence, list);
    if (!parts) return;
    var code = make("code", "", item);
    code.className = "hash";
    parts[2].match(/.{4}/g).forEach(function (four) { make("span", four, code); make("wbr", "", code); });
  }
  // 2026-11-26 14:05 +08:00, in the reader's own zone.
  function moment(date) {
    var two = function (n) { return String(n).padStart(2, "0"); };
    var minutes = -date.getTimezoneOffset(), off = Math.abs(minutes);
    return date.getFullYear() + "-" + two(date.getMonth() + 1) + "-" + two(date.getDate()) + " " + two(date.getHours()) + ":" +
      two(date.getMinutes()) + " " + (minutes < 0 ? "-" : "+") + two(Math.floor(off / 60)) + ":" + two(off % 60);
  }
  function say(text) {
    answer.textContent = "";
    var p = document.createElement("p");
    p.className = "message";
    p.textContent = text;
    answer.append(p);
  }
  function draw(file, sha256, said) {
    var template = document.querySelector('template[data-answer="' + said.outcome + '"]');
    if (!template) { say("The site answered with “" + said.outcome + "”, which this page does not know. Reload the page and try again."); return; }
    var part = template.content.cloneNode(true);
    part.querySelector("[data-detail]").textContent = said.detail || "";
    var issued = said.certificate, facts = part.querySelector("[data-certificate]");
    if (!issued && said.notice) {
      facts.hidden = false;
      fact(facts, "Conditional notice", said.notice.notice);
      fact(facts, "Lot", said.notice.lot);
      fact(facts, "Issued", moment(new Date(said.notice.issued_at)));
      if (said.notice.certificate) fact(facts, "Followed by", said.notice.certificate, "/verify/" + said.notice.certificate);
    }
    if (issued) {
      facts.hidden = false;
      fact(facts, "Certificate", issued.certificate);
      fact(facts, "Lot", issued.lot);
      fact(facts, "Issued", moment(new Date(issued.issued_at)));
      if (issued.superseded_by) fact(facts, "Replaced by", issued.superseded_by, "/verify/" + issued.superseded_by);
    }
    var list = part.querySelector("[data-checked]");
    checked(list, file.name + ", " + file.size + " bytes, read on this device and not sent");
    checked(list, "SHA-256 computed on this device: " + sha256);
    (said.checked || []).forEach(function (sentence) { if (sentence.indexOf(sha256) < 0) checked(list, sentence); });
    part.querySelector("[data-asked]").textContent = moment(new Date());
    answer.textContent = "";
    answer.append(part);
    answer.scrollIntoView({ block: "nearest" });
  }
  function check(file) {
    if (!file) return;
    say("Reading " + file.name + "…");
    file.arrayBuffer().then(function (bytes) {
      return crypto.subtle.digest("SHA-256", bytes).then(function (digest) {
        var question = { sha256: hex(digest) }, number = numberIn(bytes);
        if (number) question.number = number;
        return fetch("/api/v1/verify", {
          method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(question)
        }).then(function (reply) {
          if (!reply.ok) throw new Error(String(reply.status));
          return reply.json();
        }).then(function (said) { draw(file, question.sha256, said); });
      });
    }).catch(function () {
      say("The site could not be asked just now, so nothing is known about " + file.name + ". Check the connection and choose the file again.");
    });
  }
  input.addEventListener("change", function () { check(input.files[0]); });
  form.addEventListener("submit", function (event) { event.preventDefault(); check(input.files[0]); });
  ["dragenter", "dragover"].forEach(function (name) {
    document.addEventListener(name, function (event) { event.preventDefault(); drop.classList.add("over"); });
  });
  ["dragleave", "drop"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      event.preventDefault();
      if (name === "drop" || !event.relatedTarget) drop.classList.remove("over");
    });
  });
  document.addEventListener("drop", function (event) { check(event.dataTransfer.files[0]); });
})();
