"""Money and credits: the append-only ledger, holds on it, payments, subscriptions and the webhooks that move them."""

from decimal import Decimal

from piccolo.columns import Boolean, Integer, Numeric, Text, Timestamptz
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.columns import created, json, moment, not_empty, one_of, optional, owned_by, primary_key, text, updated
from db.tables.endpoints import Endpoint
from db.tables.identity import User
from db.tables.runs import Run


class Payment(Table, tablename="payments"):
    """Kept for ever, also when the payer's account is gone."""

    id = primary_key()
    user_id = optional(User)
    amount = Numeric(digits=(10, 2), default=Decimal("0"))
    currency = Text(default="USD")
    credits = Integer(default=0)
    status = Text(default="PENDING")
    provider = Text()
    provider_payment_id = text()
    provider_data = json("{}")
    sandbox = Boolean(default=True)
    completed_at = moment()
    failed_at = moment()
    created_at = created()
    updated_at = updated()

    payments_provider_provider_payment_id_unique = Unique([provider, provider_payment_id])
    payments_amount_check = Check("amount >= 0")
    payments_credits_check = Check("credits >= 0")
    payments_currency_check = Check("currency ~ '^[A-Z]{3}$'")
    payments_status_check = one_of("status", "PENDING", "COMPLETED", "FAILED", "REFUNDED")
    payments_provider_check = one_of("provider", "STRIPE", "PAYPAL", "SANDBOX")


class CreditTransaction(Table, tablename="credit_transactions"):
    """One ledger entry. A trigger refuses to change or delete it; it goes only with its user."""

    id = primary_key()
    user_id = owned_by(User)
    amount = Integer()
    balance_after = Integer()
    type = Text()
    description = text()
    endpoint_id = optional(Endpoint, index=True)
    payment_id = optional(Payment, index=True)
    idempotency_key = text()
    created_at = created()

    credit_transactions_idempotency_key_unique = Unique([idempotency_key])
    credit_transactions_amount_check = Check("amount <> 0")
    credit_transactions_balance_after_check = Check("balance_after >= 0")
    credit_transactions_type_check = one_of("type", "PURCHASE", "ENDPOINT", "ADMIN_ADJUST", "REFUND", "GRANT", "USAGE")


class CreditHold(Table, tablename="credit_holds"):
    """Credits set aside while a tool runs: settled into a ledger entry, or released."""

    id = primary_key()
    user_id = owned_by(User)
    amount = Integer()
    tool = Text()
    run_id = optional(Run, index=True)
    credit_transaction_id = optional(CreditTransaction, index=True)
    status = Text(default="held")
    idempotency_key = Text()
    expires_at = Timestamptz()
    created_at = created()
    updated_at = updated()

    credit_holds_idempotency_key_unique = Unique([idempotency_key])
    credit_holds_idempotency_key_check = not_empty("idempotency_key")
    credit_holds_amount_check = Check("amount > 0")
    credit_holds_status_check = one_of("status", "held", "settled", "released")


class Subscription(Table, tablename="subscriptions"):
    """At most one that is not canceled per user."""

    id = primary_key()
    user_id = owned_by(User)
    provider = Text()
    provider_subscription_id = text()
    plan = Text()
    status = Text(default="active")
    current_period_end = moment()
    created_at = created()
    updated_at = updated()

    subscriptions_provider_provider_subscription_id_unique = Unique([provider, provider_subscription_id])
    subscriptions_provider_check = one_of("provider", "STRIPE", "PAYPAL", "SANDBOX")
    subscriptions_plan_check = one_of("plan", "FREE", "PRO", "TEAM")
    subscriptions_status_check = one_of("status", "active", "past_due", "canceled")


class WebhookEvent(Table, tablename="webhook_events"):
    """What makes a webhook idempotent."""

    id = primary_key()
    provider = Text()
    provider_event_id = Text()
    type = Text()
    payload = json("{}")
    processed_at = moment()
    error = text()
    created_at = created()
    updated_at = updated()

    webhook_events_provider_provider_event_id_unique = Unique([provider, provider_event_id])
    webhook_events_provider_check = one_of("provider", "STRIPE", "PAYPAL", "SANDBOX")
    webhook_events_provider_event_id_check = not_empty("provider_event_id")
