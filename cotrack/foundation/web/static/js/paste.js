// A code is never pasted: what stands on a screen is not what is on the bag. That somebody tried is told, once a page.
let isTold = false;

function tell(root) {
  const address = root.body?.dataset.pasted;
  const token = root.querySelector("input[name=form_token]")?.value;
  if (isTold || !address || !token) return;
  isTold = true;
  const sent = new FormData();
  sent.set("form_token", token);
  sent.set("page", location.pathname);
  navigator.sendBeacon(address, sent);
}

export function refusePaste(root, field) {
  const refuse = (event) => {
    event.preventDefault();
    tell(root);
    const ready = field.form.querySelector("[data-ready]");
    if (ready?.dataset.noPaste) ready.textContent = ready.dataset.noPaste;
  };
  field.addEventListener("paste", refuse);
  field.addEventListener("drop", refuse);
}
