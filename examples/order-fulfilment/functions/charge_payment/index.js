// Charges a card, or fails in the ways that payment gateways do. An error's name is what Retry and
// Catch go by.
class GatewayBusy extends Error {
  name = "GatewayBusy";
}
class PaymentDeclined extends Error {
  name = "PaymentDeclined";
}

exports.handler = async ({ card, amount, reference, attempt }) => {
  if (card === "declined") throw new PaymentDeclined(`card of ${reference} is declined`);
  if (card === "busy" && attempt === 0) throw new GatewayBusy("the gateway asks for patience");
  console.log(`charged ${amount} for ${reference} on attempt ${attempt + 1}`);
  return { receipt: `R-${reference}-${attempt + 1}` };
};
