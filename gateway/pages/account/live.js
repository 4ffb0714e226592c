// Live updates. A ticket that is good once opens the socket; the shop then replays everything after `last_seq`,
// in order, and goes on with what is new. A lost connection is opened again, later and later.
import { post } from "./api.js";

const SEQ = "souk.live.seq";
const PING_SECONDS = 25;
const LONGEST_WAIT_SECONDS = 30;

/** `onFrame({seq, type, at, data})` for each update, once; `onState(connected)` when it comes or goes. */
export function follow(onFrame, onState) {
  let failures = 0;

  async function open() {
    try {
      const { ticket } = await post("/api/v1/ws-tickets/");
      listen(new WebSocket(address(ticket)));
    } catch {
      again();
    }
  }

  function listen(socket) {
    let heard = true;
    let pulse;
    socket.onopen = () => {
      failures = 0;
      pulse = setInterval(beat, PING_SECONDS * 1000);
      onState(true);
    };
    socket.onmessage = ({ data }) => {
      heard = true;
      const frame = JSON.parse(data);
      if (!(frame.seq > lastSeq())) return; // a pong, or known
      onFrame(frame);
      sessionStorage.setItem(SEQ, frame.seq);
    };
    socket.onclose = () => {
      clearInterval(pulse);
      again();
    };

    function beat() {
      if (!heard) return socket.close(); // half open: the network went away without a word
      heard = false;
      socket.send(JSON.stringify({ type: "ping" }));
    }
  }

  function again() {
    onState(false);
    const most = Math.min(2 ** failures++, LONGEST_WAIT_SECONDS);
    setTimeout(open, 1000 * most * (0.5 + Math.random() / 2)); // not all customers at once
  }

  open();
}

function address(ticket) {
  const url = new URL("/ws/", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = new URLSearchParams({ ticket, last_seq: lastSeq() });
  return url;
}

function lastSeq() {
  return Number(sessionStorage.getItem(SEQ) ?? 0);
}
