// Passkeys: signing in with one, and adding one. Where the browser has none, nothing appears.
(function () {
  "use strict";
  if (!window.PublicKeyCredential || !navigator.credentials || !window.fetch) return;
  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (c) { return c.charCodeAt(0); });
  }
  function text(buffer) {
    var plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function ask(address, body) {
    return fetch(address, {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body)
    }).then(function (answer) {
      return answer.json().then(function (said) {
        if (!answer.ok) throw new Error(said.detail || "The site did not answer.");
        return said;
      });
    });
  }
  function listed(credentials) {
    (credentials || []).forEach(function (one) { one.id = bytes(one.id); });
  }
  function ready(form, work) {
    if (!form) return;
    form.hidden = false;
    var said = form.querySelector("[data-passkey-said]");
    form.addEventListener("submit", function (event) {
      if (form.hasAttribute("data-answered")) return;
      event.preventDefault();
      // The general guard against sending twice must not hold a form that was not sent.
      form.removeAttribute("data-sent");
      said.hidden = true;
      work().catch(function (problem) {
        form.removeAttribute("data-sent");
        said.textContent = problem.name === "NotAllowedError"
          ? "Nothing was chosen on the device, or it took too long. Try again." : problem.message;
        said.hidden = false;
      });
    });
  }

  var enter = document.querySelector("form[data-passkey-sign-in]");
  ready(enter, function () {
    return ask("/api/v1/session/passkey", {}).then(function (begun) {
      var options = begun.options.publicKey;
      options.challenge = bytes(options.challenge);
      listed(options.allowCredentials);
      return navigator.credentials.get({ publicKey: options }).then(function (found) {
        enter.elements.ceremony.value = begun.ceremony;
        enter.elements.credential.value = JSON.stringify({
          id: found.id, rawId: text(found.rawId), type: found.type, extensions: {},
          response: {
            authenticatorData: text(found.response.authenticatorData), clientDataJSON: text(found.response.clientDataJSON),
            signature: text(found.response.signature),
            userHandle: found.response.userHandle ? text(found.response.userHandle) : null
          }
        });
        enter.setAttribute("data-answered", "yes");
        enter.submit();
      });
    });
  });

  var add = document.querySelector("form[data-passkey-new]");
  ready(add, function () {
    var proof = { password: add.elements.password.value };
    if (add.elements.code && add.elements.code.value) proof.code = add.elements.code.value;
    return ask("/api/v1/me/passkeys", proof).then(function (options) {
      var key = options.publicKey;
      key.challenge = bytes(key.challenge);
      key.user.id = bytes(key.user.id);
      listed(key.excludeCredentials);
      return navigator.credentials.create({ publicKey: key });
    }).then(function (made) {
      return ask("/api/v1/me/passkeys/confirmation", {
        name: add.elements.name.value,
        credential: {
          id: made.id, rawId: text(made.rawId), type: made.type, extensions: {},
          response: { attestationObject: text(made.response.attestationObject), clientDataJSON: text(made.response.clientDataJSON) }
        }
      });
    }).then(function () { location.href = "/account/security?done=passkey"; });
  });
})();
