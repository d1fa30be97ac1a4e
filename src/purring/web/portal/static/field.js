// Shows the gateway's field in a frame, and goes on with the token that the frame tells us.
"use strict";
const place = document.getElementById("field");
const frame = document.createElement("iframe");
frame.title = place.dataset.title;
frame.src = place.dataset.url;
frame.setAttribute("sandbox", "allow-forms allow-same-origin allow-scripts");
place.append(frame);
addEventListener("message", (event) => {
  const token = event.data && event.data.purringToken;
  if (event.source !== frame.contentWindow || event.origin !== place.dataset.origin || typeof token !== "string") return;
  const back = new URL(place.dataset.back);
  back.searchParams.set("token", token);
  location.assign(back);
});
