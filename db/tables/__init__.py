"""Every table, by area. `TABLES` is the list that migrations and the drift check go by."""

from piccolo.table import Table

from db.tables.applications import Application, ApplicationBookmark
from db.tables.billing import CreditHold, CreditTransaction, Payment, Subscription, WebhookEvent
from db.tables.captures import ApiCall, CaptureDictionary
from db.tables.chats import Attachment, ChatMessage, ChatSession, ChatSessionEndpoint, ChatSessionMcpServer, Prompt, PromptVersion, Usage
from db.tables.discovery import ActionSequence, ApiChange, DiscoveredEndpoint, DiscoverySummary, EndpointDocumentation
from db.tables.endpoints import Endpoint, SavedFilter
from db.tables.identity import ApiToken, AuditLog, LoginSession, OauthAccount, SetupToken, User, UserMfa
from db.tables.limits import IdempotencyKey, LoginThrottle, RateCounter
from db.tables.oauth_server import OauthClient, OauthGrant
from db.tables.providers import AiProvider, McpServer, ProviderKey, ProviderKeyUse
from db.tables.runs import Approval, Run, RunEvent
from db.tables.sharing import Share

TABLES: tuple[type[Table], ...] = (
    User,
    LoginSession,
    OauthAccount,
    OauthClient,
    OauthGrant,
    UserMfa,
    ApiToken,
    AuditLog,
    SetupToken,
    LoginThrottle,
    RateCounter,
    IdempotencyKey,
    Endpoint,
    SavedFilter,
    ApiCall,
    CaptureDictionary,
    DiscoverySummary,
    DiscoveredEndpoint,
    EndpointDocumentation,
    ActionSequence,
    ApiChange,
    AiProvider,
    ProviderKey,
    ProviderKeyUse,
    McpServer,
    Application,
    ApplicationBookmark,
    ChatSession,
    ChatSessionEndpoint,
    ChatSessionMcpServer,
    ChatMessage,
    Share,
    Attachment,
    Prompt,
    PromptVersion,
    Usage,
    Run,
    RunEvent,
    Approval,
    Payment,
    CreditTransaction,
    CreditHold,
    Subscription,
    WebhookEvent,
)

__all__ = [
    "TABLES",
    "ActionSequence",
    "AiProvider",
    "ApiCall",
    "ApiChange",
    "ApiToken",
    "Application",
    "ApplicationBookmark",
    "Approval",
    "Attachment",
    "AuditLog",
    "CaptureDictionary",
    "ChatMessage",
    "ChatSession",
    "ChatSessionEndpoint",
    "ChatSessionMcpServer",
    "CreditHold",
    "CreditTransaction",
    "DiscoveredEndpoint",
    "DiscoverySummary",
    "Endpoint",
    "EndpointDocumentation",
    "IdempotencyKey",
    "LoginSession",
    "LoginThrottle",
    "McpServer",
    "OauthAccount",
    "OauthClient",
    "OauthGrant",
    "Payment",
    "Prompt",
    "PromptVersion",
    "ProviderKey",
    "ProviderKeyUse",
    "RateCounter",
    "Run",
    "RunEvent",
    "SavedFilter",
    "SetupToken",
    "Share",
    "Subscription",
    "Usage",
    "User",
    "UserMfa",
    "WebhookEvent",
]
