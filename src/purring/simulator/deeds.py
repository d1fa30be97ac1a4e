"""The single deeds of customers and operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from purring.domain.attempt import AttemptStatus
from purring.domain.errors import GatewayError
from purring.domain.facts import Facts
from purring.domain.ids import InvoiceId, MethodId
from purring.domain.invoice import Invoice
from purring.domain.schedule import resolving
from purring.gateways.base import RefundRequest
from purring.gateways.sandbox.oracle import SeenCharge, seen_charges
from purring.operations import merchants, methods, pay, recoveries, settle, subscriptions
from purring.operations.services import Services
from purring.operations.view import facts_of
from purring.simulator import founding
from purring.simulator.buyer import Buyer
from purring.store import invoices

if TYPE_CHECKING:
    from purring.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Who does something, through which process."""

    world: World
    services: Services
    buyer: Buyer

    def invoices(self) -> list[Invoice]:
        """All of the customer's invoices, oldest first."""
        with self.world.inner_store.reading() as conn:
            return invoices.of_customer(conn, self.buyer.merchant_id, self.buyer.customer_id)

    def invoice(self, *, is_open: bool = True) -> Invoice | None:
        """One of the customer's invoices."""
        wanted = [one for one in self.invoices() if one.is_open or not is_open]
        return self.world.dice.pick("which invoice", wanted[-2:]) if wanted else None

    def facts(self, invoice_id: InvoiceId) -> Facts:
        """Everything about an invoice."""
        return facts_of(self.services, self.buyer.merchant_id, invoice_id)

    def charges(self) -> list[SeenCharge]:
        """The customer's charges in the gateway's own books."""
        tokens = {one.token for one in self.buyer.methods}
        return [one for one in seen_charges(self.world.sandbox.ledger_path) if one.token in tokens]


# ---------------------------------------------------------------------------------------------------------------------
# Paying


def pay_now(case: Case) -> None:
    """Pay with any card on file."""
    invoice = case.invoice()
    if invoice:
        method = case.world.dice.pick("pays with", case.buyer.methods)
        pay.pay_now(case.services, case.buyer.merchant_id, invoice.id, method.id)


def retry(case: Case) -> None:
    """An operator charges the tied card at once."""
    invoice = case.invoice()
    if invoice:
        pay.retry_now(case.services, case.buyer.merchant_id, invoice.id)


def settle_all(case: Case) -> None:
    """Everything owed on one card is paid with another."""
    old, new = case.world.dice.pick("owed on", case.buyer.methods), case.world.dice.pick("with", case.buyer.methods)
    settle.settle(case.services, case.buyer.merchant_id, case.buyer.customer_id, old.id, new.id)


def confirm(case: Case) -> None:
    """The customer answers their bank, if it asks."""
    waiting = [one.key for one in case.charges() if one.status == "action_required"]
    if not waiting:
        return
    says_yes = case.world.dice.chance("confirms", 0.7)
    try:
        case.world.sandbox.remote.confirm(case.world.dice.pick("confirms which", waiting), succeed=says_yes)
    except GatewayError:
        return
    case.world.trace.saw("a customer answered their bank")


# ---------------------------------------------------------------------------------------------------------------------
# Methods


def add_and_tie(case: Case) -> None:
    """A new card pays from now on."""
    founding.add_method(case.world, case.services, case.buyer)
    _tie(case, case.buyer.methods[-1].id)


def tie(case: Case) -> None:
    """Another card pays from now on."""
    _tie(case, case.world.dice.pick("ties", case.buyer.methods).id)


def _tie(case: Case, method_id: MethodId) -> None:
    subscription_id = case.world.dice.pick("ties to", case.buyer.subscriptions)
    methods.tie_method(case.services, case.buyer.merchant_id, subscription_id, method_id)


def edit(case: Case) -> None:
    """The customer corrects a card's data."""
    method, now = case.world.dice.pick("edits", case.buyer.methods), case.world.clock.now()
    name = f"Kari {now:%m%d%H%M}"
    methods.edit_method(case.services, case.buyer.merchant_id, method.id, holder_name=name)
    case.world.edits.append((method, now))


def back_up(case: Case) -> None:
    """A card may step in from now on."""
    subscription_id = case.world.dice.pick("backs up", case.buyer.subscriptions)
    method = case.world.dice.pick("backs up with", case.buyer.methods)
    methods.set_backup(case.services, case.buyer.merchant_id, subscription_id, method.id)


def drop_backup(case: Case) -> None:
    """No card may step in any more."""
    subscription_id = case.world.dice.pick("backs up", case.buyer.subscriptions)
    methods.drop_backup(case.services, case.buyer.merchant_id, subscription_id)


def remove(case: Case) -> None:
    """A card goes, if nothing uses it."""
    method = case.world.dice.pick("removes", case.buyer.methods)
    methods.remove_method(case.services, case.buyer.merchant_id, method.id)


def replace(case: Case) -> None:
    """A card goes, and another takes all its places."""
    old, new = case.world.dice.pick("replaces", case.buyer.methods), case.world.dice.pick("by", case.buyer.methods)
    methods.remove_and_replace(case.services, case.buyer.merchant_id, old.id, new.id)


# ---------------------------------------------------------------------------------------------------------------------
# Arranging


def pause(case: Case) -> None:
    """No retry for some hours."""
    invoice = case.invoice()
    if invoice:
        until = case.world.clock.now() + timedelta(hours=case.world.dice.between("pauses", 1, 200))
        recoveries.pause(case.services, case.buyer.merchant_id, invoice.id, until)


def pause_for_good(case: Case) -> None:
    """No retry until somebody resumes."""
    invoice = case.invoice()
    if invoice:
        recoveries.pause(case.services, case.buyer.merchant_id, invoice.id)


def resume(case: Case) -> None:
    """Go on."""
    invoice = case.invoice()
    if invoice:
        recoveries.resume(case.services, case.buyer.merchant_id, invoice.id)


def skip(case: Case) -> None:
    """Leave the next charge out."""
    invoice = case.invoice()
    if invoice:
        recoveries.skip_next(case.services, case.buyer.merchant_id, invoice.id)


def move(case: Case) -> None:
    """Another day suits better."""
    invoice = case.invoice()
    if invoice:
        to = case.world.clock.now() + timedelta(hours=case.world.dice.between("moves", 0, 300))
        recoveries.move_next(case.services, case.buyer.merchant_id, invoice.id, to)


def declare_transfer(case: Case) -> None:
    """The customer says that a transfer is on its way."""
    invoice = case.invoice()
    if invoice:
        recoveries.declare_transfer(case.services, case.buyer.merchant_id, invoice.id)


def change_policy(case: Case) -> None:
    """The merchant recovers otherwise from now on."""
    merchants.change_policy(case.services, case.buyer.merchant_id, founding.a_policy(case.world))


# ---------------------------------------------------------------------------------------------------------------------
# Ending


def write_off(case: Case) -> None:
    """The merchant gives an invoice up."""
    invoice = case.invoice()
    if invoice:
        recoveries.write_off(case.services, case.buyer.merchant_id, invoice.id)


def record_payment(case: Case) -> None:
    """A transfer has arrived."""
    invoice = case.invoice(is_open=False)
    if invoice:
        recoveries.record_payment(case.services, case.buyer.merchant_id, invoice.id, invoice.owed, "transfer")


def cancel_now(case: Case) -> None:
    """The subscription is over."""
    subscription_id = case.world.dice.pick("cancels", case.buyer.subscriptions)
    subscriptions.cancel_now(case.services, case.buyer.merchant_id, subscription_id)


def cancel_later(case: Case) -> None:
    """The running period is the last."""
    subscription_id = case.world.dice.pick("cancels", case.buyer.subscriptions)
    subscriptions.cancel_at_period_end(case.services, case.buyer.merchant_id, subscription_id)


def change_quantity(case: Case) -> None:
    """Another quantity from the next period on."""
    subscription_id = case.world.dice.pick("cancels", case.buyer.subscriptions)
    quantity = case.world.dice.between("quantity", 1, 3)
    subscriptions.change_quantity(case.services, case.buyer.merchant_id, subscription_id, quantity)


# ---------------------------------------------------------------------------------------------------------------------
# Putting right, taking back


def correct(case: Case) -> None:
    """An operator settles what waits in the queue, if this invoice does."""
    invoice = case.invoice(is_open=False)
    if invoice:
        settle_by_statement(case, invoice)


def settle_by_statement(case: Case, invoice: Invoice) -> None:
    """Put down what the provider's statement says of an attempt; what is still to come there reads as declined."""
    attempt = case.facts(invoice.id).open_attempt
    if attempt is None or resolving(attempt, case.world.clock.now()).steps:
        return
    stated = {one.key: one.status for one in case.charges()}.get(attempt.id)
    to = AttemptStatus.SUCCEEDED if stated == "approved" else AttemptStatus.DECLINED
    note = f"statement: {stated}"
    recoveries.correct_outcome(case.services, case.buyer.merchant_id, attempt.id, to, note)
    case.world.trace.saw("an operator settled what nobody could say")
    if stated not in {"approved", "declined"}:
        case.world.misjudged.add(invoice.id)


def take_back(case: Case) -> None:
    """The customer's bank takes a payment back."""
    paid = _approved(case)
    if paid:
        case.world.sandbox.remote.open_chargeback(paid.key)


def decide_dispute(case: Case) -> None:
    """A dispute is decided, if there is one."""
    paid = _approved(case)
    if paid:
        won = case.world.dice.chance("wins", 0.5)
        case.world.sandbox.remote.end_chargeback(paid.key, won=won)


def refund(case: Case) -> None:
    """The merchant gives money back in the provider's own pages."""
    paid = _approved(case)
    if paid:
        key = f"refund-{paid.key}"
        case.world.sandbox.gateway.refund(RefundRequest(key=key, charge_key=paid.key, amount=paid.captured))


def _approved(case: Case) -> SeenCharge | None:
    paid = [one for one in case.charges() if one.status == "approved"]
    return case.world.dice.pick("which payment", paid) if paid else None
