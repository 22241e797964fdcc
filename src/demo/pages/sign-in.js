// As many frameworks do: the form believes in its fields only after a person's own input.
const form = document.getElementById("login");
const submit = document.getElementById("sign-in");
const typed = new Set();

form.addEventListener("input", (event) => {
  if (event.isTrusted) typed.add(event.target.id);
  // After a refusal the name is there already, from the server.
  const named = typed.has("username") || document.getElementById("username").defaultValue;
  submit.disabled = !(named && typed.has("password"));
});

// The first button of the page is not the one that submits.
const eye = form.querySelector(".eye");
eye.addEventListener("click", () => {
  const password = document.getElementById("password");
  const shown = password.type === "password";
  password.type = shown ? "text" : "password";
  eye.textContent = shown ? "Hide" : "Show";
  eye.setAttribute("aria-pressed", String(shown));
});
