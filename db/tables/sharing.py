"""What is shared by link: a chat as it was, cleaned of secrets, until it expires or is revoked."""

from piccolo.columns import Integer, Text
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.chats import ChatSession
from db.tables.columns import created, json, moment, not_empty, optional, owned_by, primary_key, updated
from db.tables.identity import User


class Share(Table, tablename="shares"):
    """`snapshot` is everything that the link shows. The token is the only way to it and is long enough not to be guessed."""

    id = primary_key()
    user_id = owned_by(User)
    chat_session_id = optional(ChatSession, index=True)
    title = Text()
    token = Text()
    snapshot = json("{}")
    views = Integer(default=0)
    expires_at = moment()
    revoked_at = moment()
    created_at = created()
    updated_at = updated()

    shares_token_unique = Unique([token])
    shares_token_check = Check("length(token) >= 32")
    shares_title_check = not_empty("title")
    shares_views_check = Check("views >= 0")
