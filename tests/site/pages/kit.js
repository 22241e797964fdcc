// What the pages share: how they report, refuse, and draw six boxes.

// Tells the site what a script of the page has seen. A page that leaves may still do it.
function note(page, fields) {
  navigator.sendBeacon(`/noted/${page}`, new URLSearchParams(fields));
}

// Sends a form without leaving the page; the answer is `ok` when it was right.
function send(page, fields, answer = "status") {
  return fetch(`/submit/${page}?answer=${answer}`, { method: "POST", body: new URLSearchParams(fields) });
}

function showError(cause, text) {
  const texts = { password: "Wrong user name or password", code: "Wrong code", used: "This code was used already" };
  document.getElementById("error")?.remove();
  const error = document.createElement("p");
  error.id = "error";
  error.dataset.cause = cause === "used" ? "code" : cause;
  error.setAttribute("role", "alert");
  error.textContent = text ?? texts[cause] ?? cause;
  document.body.prepend(error);
}

function sixBoxes({ advance, paste }) {
  const boxes = [...document.querySelectorAll(".box")];
  const join = () => {
    document.querySelector("[name=otp]").value = boxes.map((box) => box.value).join("");
  };
  boxes.forEach((box, at) => {
    box.addEventListener("input", () => {
      join();
      if (advance && box.value) boxes[at + 1]?.focus();
    });
    box.addEventListener("keydown", (event) => {
      if (advance && event.key === "Backspace" && !box.value) boxes[at - 1]?.focus();
    });
    box.addEventListener("paste", (event) => {
      event.preventDefault();
      if (!paste) return;
      const digits = event.clipboardData.getData("text").replace(/\D/g, "");
      boxes.forEach((other, index) => { other.value = digits[index] ?? ""; });
      join();
    });
  });
}

// A refusal sends the browser back to the form with its cause in the URL.
document.addEventListener("DOMContentLoaded", () => {
  const cause = new URLSearchParams(window.location.search).get("error");
  if (cause) showError(cause);
});
