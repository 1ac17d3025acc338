"""Small web applications made in chat. They name the keys they need and never hold them."""

from piccolo.columns import Integer, Text
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.columns import created, not_empty, one_of, owned_by, primary_key, text, texts, updated
from db.tables.identity import User


class Application(Table, tablename="applications"):
    id = primary_key()
    user_id = owned_by(User)
    name = Text()
    description = text()
    html_content = Text()
    css_content = Text()
    js_content = Text()
    prompt = text()
    mcp_tools = texts()
    api_keys = texts()
    visibility = Text(default="private")
    share_slug = text()
    views = Integer(default=0)
    uses = Integer(default=0)
    created_at = created()
    updated_at = updated()

    applications_share_slug_unique = Unique([share_slug])
    applications_name_check = not_empty("name")
    applications_visibility_check = one_of("visibility", "private", "public", "shared")
    applications_views_check = Check("views >= 0")
    applications_uses_check = Check("uses >= 0")


class ApplicationBookmark(Table, tablename="application_bookmarks"):
    id = primary_key()
    application_id = owned_by(Application)
    user_id = owned_by(User)
    created_at = created()

    application_bookmarks_application_id_user_id_unique = Unique([application_id, user_id])
