// Sets light or dark before the page is drawn. Without script the page follows the system.
(function () {
  "use strict";
  try {
    var theme = localStorage.getItem("lotgate:theme");
    if (theme === "light" || theme === "dark") document.documentElement.setAttribute("data-theme", theme);
  } catch (refused) { /* storage is off: follow the system */ }
})();
