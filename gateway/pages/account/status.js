// What the customer reads of an order's three states, and what can be done in them.

const WORDS = {
  pending: "Placed",
  processing: "Being packed",
  shipped: "On its way",
  delivered: "Delivered",
  canceled: "Canceled",
  returned: "Returned",
};

export function statusWord(order) {
  if (order.order_status === "canceling") return "Being canceled";
  if (mustConfirm(order)) return "Confirm the payment";
  if (wasDeclined(order)) return "Payment declined";
  return WORDS[order.status] ?? order.status;
}

const unpaid = (order, status) => order.order_status === "pending" && order.payment.status === status;
export const mustConfirm = (order) => unpaid(order, "action_required");
export const wasDeclined = (order) => unpaid(order, "declined");

export const canBeCanceled = (order) =>
  ["pending", "confirmed"].includes(order.order_status) && ["pending", "processing"].includes(order.status);

/** Until the time for returns is over; the shop has the last word. */
export const canBeReturned = (order) => order.order_status === "confirmed" && order.status === "delivered";

/** The bar of steps: how many are done; null when the order goes another way. */
export const STEPS = ["Placed", "Confirmed", "On its way", "Delivered"];
export function stepsDone(order) {
  return { pending: 1, processing: 2, shipped: 3, delivered: 4 }[order.status] ?? null;
}
