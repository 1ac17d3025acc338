"""Simplified Chinese for the guide, as data: what people say becomes the English its grammar reads, what it says becomes Chinese.

Only the most usual requests, and the sentences that answer them. An answer's tables, code and fenced text are left as they are; a sentence that
stands in no row, such as one of an API, stays as it is.
"""

import re
from functools import cache

from agent.messages import Message, text_of


def is_said(text: str) -> bool:
    return bool(_HAN.search(text))


def is_spoken(messages: tuple[Message, ...]) -> bool:
    """Whether the user speaks Chinese: what was said last and is more than a name or an address decides."""
    for message in [one for one in reversed(messages) if one.role == "user"][:3]:
        text = text_of(message.content)
        if is_said(text):
            return True
        if len(re.findall(r"(?<![\w./-])[A-Za-z']{2,}(?![\w./-])", text)) > 2:
            return False
    return False


def heard(text: str) -> str:
    """What is said in Chinese, as English words for the grammar; other text unchanged."""
    if not is_said(text):
        return text
    return re.sub(r"\s+", " ", " ".join(_heard(one) if len(one) <= _MOST else one for one in _SENTENCE.findall(text))).strip()


def _heard(text: str) -> str:
    text = _COUNTED.sub(lambda found: str(_DIGITS.index(found[0]) or 2), text)
    for pattern, english in _phrases():
        text = pattern.sub(english, text)
    for chinese, english in _WORDS:
        text = text.replace(chinese, f" {english} ")
    return _PARTICLES.sub(" ", text).translate(_MARKS)


def said(text: str) -> str:
    """An answer in Chinese, sentence by sentence. Fences, table rows of values and quoted code keep their text."""
    parts = re.split(r"(```.*?(?:```|\Z))", text, flags=re.DOTALL)
    return "".join(part if part.startswith("```") else "\n".join(_line(line) for line in part.split("\n")) for part in parts)


def _line(line: str) -> str:
    if line.startswith(("| ", "- *")):
        line = re.sub(r"\*[^*|]+\*|(?<=\| )[A-Z][^*|`]+(?= \| \*)|(?<=\* – ).+$", lambda found: OFFERED.get(found[0], found[0]), line)
        if not line.startswith(("| What", "| Name")):
            return line
    for pattern, chinese in _sentences():
        line = pattern.sub(chinese, line)
    return line


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), f" {english} ") for pattern, english in PHRASES)


@cache
def _sentences() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Longer sentences first: a shorter one may be a part of them."""
    return tuple((_open(english), re.sub(r"\{(\w+)\}", r"\\g<\1>", chinese)) for english, chinese in sorted(SAID, key=lambda row: -len(row[0])))


def _open(english: str) -> re.Pattern[str]:
    """A sentence as a pattern: each `{name}` stands for what was put there."""
    pieces = re.split(r"\{(\w+)\}", english)
    return re.compile(
        "".join(f"(?P<{piece}>.+?)" if n % 2 else re.escape(piece) for n, piece in enumerate(pieces))
        + ("$" if len(pieces) % 2 and english.endswith("}") else "")
    )


# Phrases whose order of words is another one than in English, the more particular first.
PHRASES: tuple[tuple[str, str], ...] = (
    (r"(?:你|您)?(?:能|可以|会)(?:做|干|帮我做)?(?:什么|哪些事)|怎么用|有什么功能", "what can you do"),
    (r"(?:不再|停止|取消|不用|关闭)(?:对)?(?:它|这个)?的?(?:监控|监视|检查)", "stop monitoring"),
    (r"(?:不要|别|请勿|不用|不想|勿)(?!了)", "do not"),
    (r"把\s*(.+?)\s*(?:重命名|改名|更名|改)(?:为|成|叫|叫做)\s*", r"rename \1 to "),
    (r"(?:名字|名称)(?:叫做?|是|为)|命名为|叫做|名叫|名为|取名(?:为|叫)?", "named"),
    (r"(?:为什么|为何|为啥)\s*([\w.\[\]-]+)\s*(?:字段|参数)?\s*(?:可以为空|可能为空|可为空|可空|是可空的|是可以为空的)", r"why is \1 nullable"),
    (r"(?:为什么|为何|为啥)\s*([\w.\[\]-]+)\s*(?:字段|参数)?\s*是?(?:必填|必需|必须)(?:的)?", r"why is \1 required"),
    (r"(?:为什么|为何|为啥)\s*([\w.\[\]-]+)\s*(?:字段|参数)?\s*是?(?:可选|选填)(?:的)?", r"why is \1 optional"),
    (r"(?:为什么|为何|为啥)\s*([\w.\[\]-]+)\s*是(?:一?个)?(?:路径)?参数", r"why is \1 a parameter"),
    (r"(?:给|为|对|替)\s*(.+?)\s*(写|生成|创建|编写)(?:一份|个)?(?:接口|API)?文档", r"document \1"),
    (r"(?:把|将)?(?:接口|API)?文档写(?:出来|好|一下)?", "write the docs"),
    (r"写(?:一份|个|一下)?(?:接口|API)?文档", "write the docs"),
    (r"重新?生成(.*?)的?文档|更新(.*?)的?文档", r"refresh the docs of \1\2"),
    (r"(?:把|将)?\s*(.*?)\s*(?:设为|设置为|设成|变成|改为)?(?:公开|公布|发布)", r"make \1 public"),
    (r"(?:把|将)\s*(.*?)\s*(?:设为|设置为|设成|变成|改为)(?:私有|私密|不公开)", r"make \1 private"),
    (r"最近\s*(\d+|[一二两三四五六七八九十]+)\s*个?(?=小时|分钟|天|周|星期|月)", r"in the last \1"),
    (r"(?:最近|最后|最新)(?:的)?\s*(\d+|[二两三四五六七八九十]+)\s*(?:个|次|条)", r"the last \1"),
    (r"(?:从|自)?\s*(星期[一二三四五六日天]|周[一二三四五六日]|昨天|今天|上周)\s*(?:以来|开始|之后|起|至今)", r"since \1"),
    (r"(?:超过|大于|慢于|多于|长于)\s*([\d.]+)\s*", r"slower than \1"),
    (r"(?:耗时|用时|时间)最(?:长|久|多)|(?:最)(?:慢|耗时)", "slowest"),
    (r"第([一二三四五])(?:个|条|次)?", r"the \1th one"),
    (r"最后(?:一)?(?:个|条)(?!错误|调用|请求|失败)", "the last one"),
    (r"(?:上一个|上一次|最后(?:的)?(?:一个|一次)?|最近一次)(错误|调用|请求|失败)", r"the last \1"),
    (r"(?:使用了|用了|花了|消耗了)(?:多少|什么|哪些)?", "usage"),
    (r"(?:返回|状态码?(?:是|为)?)?\s*(?<![\d.])([1-5]\d\d)\s*的?(?:请求|调用|响应|错误)", r"calls with status \1"),
    (r"(?:给我|来|要|看)(?:一个|个)?(?:演示|示例|样例)(?:API|接口)?", "try the demo"),
    (r"(?:还有|还剩|剩余|剩下|剩)(?:下|余)?(?:多少)?(?=.*(?:积分|额度|余额|点数))", "how many do I have left "),
    (r"(?:一共|总共|共)?(?:有)?(?:多少|几)(?:个|次|条)?", "how many "),
    (r"下一(?:个|次|条)(请求|调用)?", r"the next call"),
    (r"(?:是)?(?:什么原因|何原因|怎么回事|为何|为啥|为什么|怎么会)", "why did it"),
    (r"(?:返回|状态码?(?:是|为)?)\s*([1-5]\d\d)", r"status \1"),
    (r"有没有|是否有|有(?:什么|哪些|啥)|都?有哪些|哪些|什么|哪个|哪一个", "which"),
    (r"(?:这个|本)月", "this month"),
    (r"(?:这|本)(?:个)?(?:周|星期)", "this week"),
    (r"上(?:个)?(?:周|星期)", "last week"),
    (r"怎么样", "how is it"),
    (r"(?:怎么|怎样|如何|怎么样)(?:去|来)?", "how do I"),
    (r"(?:只|仅)(?:看|显示|要)", "only show"),
    (r"(?:先)?(?:试用|试试|试一下|体验|玩玩)(?:一下)?(?:演示|示例|样例|demo)?", "try the demo"),
)  # fmt: skip
# Words, each replaced wherever it stands; longer ones first.
WORDS: dict[str, str] = {
    "请帮我": "please", "我想": "please", "我要": "please", "我想看": "show", "帮我": "please", "麻烦": "please", "请": "please", "你好": "hello", "您好": "hello", "谢谢": "thanks", "帮助": "help", "取消": "cancel",
    "捕获": "capture", "抓取": "capture", "抓包": "capture", "录制": "capture", "记录": "capture", "监听": "capture", "拦截": "capture", "代理": "proxy", "代理地址": "proxy url",
    "新建": "create", "创建": "create", "建立": "create", "建": "create", "添加": "add", "增加": "add", "新增": "add", "接口": "endpoint", "端点": "endpoint", "服务": "service",
    "列出": "list", "显示": "show", "展示": "show", "查看": "show", "查询": "show", "看看": "show", "看一下": "show", "想看": "show", "打开": "open", "导出": "export as", "给我": "give me", "所有": "all",
    "请求": "calls", "调用": "calls", "流量": "traffic", "失败": "failed", "报错": "failed", "出错": "failed", "错误": "errors", "异常": "errors", "成功": "successful", "解释": "explain", "原因": "why",
    "详情": "details", "详细": "details", "内容": "content", "今天": "today", "昨天": "yesterday", "今日": "today", "昨日": "yesterday", "小时": "hours", "分钟": "minutes", "毫秒": "ms", "秒": "seconds",
    "星期一": "monday", "星期二": "tuesday", "星期三": "wednesday", "星期四": "thursday", "星期五": "friday", "星期六": "saturday", "星期日": "sunday", "星期天": "sunday",
    "周一": "monday", "周二": "tuesday", "周三": "wednesday", "周四": "thursday", "周五": "friday", "周六": "saturday", "周日": "sunday", "天": "days", "周": "weeks",
    "认证": "authenticate", "鉴权": "authenticate", "授权": "authorization", "登录": "login", "令牌": "token", "需要": "does it need", "文档": "documentation", "生成": "generate", "编写": "write", "更新": "update",
    "操作": "operations", "类型": "types", "格式": "", "集合": "collection", "规范": "spec", "分页": "pagination", "限流": "rate limit", "速率限制": "rate limit", "频率限制": "rate limit",
    "积分": "credits", "余额": "balance", "额度": "credits", "点数": "credits", "购买": "buy", "充值": "top up", "买": "buy", "密钥": "keys", "API 密钥": "api key", "提示词": "prompts", "应用": "apps",
    "用量": "usage", "使用量": "usage", "使用情况": "usage", "用了": "did I use", "服务器": "servers", "连接": "connect", "已连接": "", "连接了": "",
    "监控": "monitor", "监视": "monitor", "检查": "check", "每天": "daily", "每日": "daily", "每周": "weekly", "每月": "monthly", "变化": "changes", "改变": "changes", "改动": "changes", "变更": "changes", "更改": "changes",
    "重放": "replay", "回放": "replay", "重播": "replay", "暂停": "pause", "恢复": "resume", "继续": "resume", "停用": "disable", "禁用": "disable", "启用": "enable", "删除": "delete", "移除": "remove", "重命名": "rename",
    "公开": "public", "私有": "private", "演示": "demo", "示例": "demo", "试试": "try", "试用": "try", "等待": "wait for", "等": "wait for", "地址": "url", "它": "it", "这个": "this", "那个": "that", "最近": "recent", "最新": "newest",
    "天气": "weather", "我": "I", "我的": "my", "我们的": "our", "和": "and", "然后": ", then", "并且": "and", "并": "and", "停止": "stop", "设置": "set", "设定": "set", "现在": "now", "在": "", "昨晚": "last night", "最后": "last",
    "一th": "first", "二th": "second", "三th": "third", "四th": "fourth", "五th": "fifth",
}  # fmt: skip
_WORDS = tuple(sorted(WORDS.items(), key=lambda row: -len(row[0])))
_PARTICLES = re.compile(
    "一个|一下|一次|一份|个|的|了|吗|呢|吧|啊|呀|是|有|把|将|给|为|对|从|要|想|会|能不能|能|可以|先|再|都|还|都|这|那|那么|多少|有点|次|条|出来|我要|到"
)
_MARKS = str.maketrans("，。？！：；、", ",.?!:;,")
_COUNTED = re.compile("(?<=最近|最后|最新|超过)[二两三四五六七八九十](?=个|次|条|小时|分钟|天|周|星期|月|秒)|(?<=最近|超过)一(?=小时|分钟|天|周|星期|个月|秒)")
_DIGITS = "两一二三四五六七八九十"
_SENTENCE = re.compile(r"[^。！？\n]*[。！？\n]*", re.DOTALL)
_MOST = 1_000
"""Characters of a sentence; what is longer is no request, and patterns would take long to say so."""
_HAN = re.compile("[\u4e00-\u9fff]")

# What to say next, and titles; the grammar reads each of the former.
SUGGESTED: dict[str, str] = {
    "Wait for the next call": "等待下一个请求", "Show the calls": "显示请求", "Document it": "给它写文档", "Which calls failed?": "哪些请求失败了？", "What changed since Monday?": "从星期一以来有什么变化？",
    "Capture the demo API": "试试演示", "What is the slowest call?": "最慢的请求是哪个？", "Why did the last call fail?": "最后一次调用为什么失败？", "Explain it": "解释一下它", "Document this API": "给它写文档",
    "Show its details": "显示它的详情", "How do I authenticate?": "怎么认证？", "Show me the TypeScript": "显示 TypeScript 类型", "Show me the OpenAPI": "显示 OpenAPI 文档", "Replay it": "重放它",
    "List my APIs": "列出我的接口", "What is my usage this month?": "我这个月用了多少？", "Buy 500 credits": "购买 500 积分", "Add my OpenAI key": "添加我的 OpenAI 密钥", "Add my Anthropic key": "添加我的 Anthropic 密钥", "What can you do?": "你能做什么？",
}  # fmt: skip
TITLES: dict[str, str] = {
    "Capture {}": "捕获 {}", "My APIs": "我的接口", "Document {}": "为 {} 写文档", "Documentation of {}": "{} 的文档", "Calls of {}": "{} 的请求", "Why {} fails": "{} 为何失败", "Changes of {}": "{} 的变化",
    "Monitor {}": "监控 {}", "Credits": "积分", "Buy credits": "购买积分", "Add a key": "添加密钥", "Provider keys": "提供商密钥", "Usage": "用量", "The demo API": "演示 API",
}  # fmt: skip
# The verbs' examples, each understood, and what they do; by the English of `verbs`.
OFFERED: dict[str, str] = {
    "*capture https://api.example.com*": "*捕获 https://api.example.com*", "Get a capture URL for an API": "为一个 API 建立捕获地址", "*capture the demo API*": "*试试演示*", "Try it with the bundled demo shop": "用自带的演示商店试一试",
    "*list my APIs*": "*列出我的接口*", "See what is captured": "查看捕获了什么", "*pause the shop API*": "*暂停 shop 接口*", "Rename, describe, tag, pause, resume, archive or publish an API": "重命名、描述、加标签、暂停、恢复、归档或公开一个 API",
    "*delete the shop API*": "*删除 shop 接口*", "Delete an API (you are asked first)": "删除一个 API（会先询问您）", "*which calls failed today?*": "*今天哪些请求失败了？*", "Search the captured calls": "搜索捕获的请求",
    "*what is the slowest call?*": "*最慢的请求是哪个？*", "Find the slowest calls": "找出最慢的请求", "*open the second one*": "*打开第二个*", "Look at one call": "查看一个请求",
    "*why did the last call fail?*": "*最后一次调用为什么失败？*", "Compare a failing call with the last success": "把失败的请求与最近一次成功对比", "Import a HAR file": "导入 HAR 文件", "*wait for the next call*": "*等待下一个请求*", "Wait until calls arrive": "等待请求到达",
    "*document it*": "*给它写文档*", "Write the documentation from what was captured": "根据捕获的内容写文档", "*show me the docs as TypeScript*": "*显示 TypeScript 文档*", "Read the documentation (OpenAPI, Markdown, TypeScript, GraphQL, Postman)": "阅读文档（OpenAPI、Markdown、TypeScript、GraphQL、Postman）",
    "*how do I authenticate?*": "*怎么认证？*", "See how an API signs its callers in": "查看 API 如何认证", "See the path templates that were found, and what was left out": "查看找到的路径模板和略去的内容", "Pin or rename a path template": "固定或重命名路径模板",
    "Make the paths of a template operations of their own": "把一个模板的路径拆成各自的操作", "Let the evidence decide about a template again": "让证据重新决定模板", "Put back what was left out of the documentation": "放回文档中略去的内容", "Find operations": "查找操作", "See an example": "查看示例",
    "See what an operation takes and returns": "查看操作的参数和返回", "Call an operation (you are asked first)": "调用一个操作（会先询问您）", "*monitor it weekly*": "*每周监控它*", "Watch an API for changes": "监控 API 的变化", "*replay it now*": "*重放它*", "Replay the recorded calls": "重放录制的请求",
    "*what changed since Monday?*": "*从星期一以来有什么变化？*", "See what changed": "查看变化", "*why is owner nullable in GET /teams/{id}?*": "*为什么 owner 可以为空？*", "See the evidence for a field or parameter": "查看某个字段或参数的证据", "*how many credits do I have?*": "*我还有多少积分？*", "See your credits": "查看积分", "*buy 500 credits*": "*购买 500 积分*", "Get a price and a checkout link": "获取价格和付款链接",
    "*list my keys*": "*列出我的密钥*", "See your provider keys": "查看提供商密钥", "*add my OpenAI key*": "*添加我的 OpenAI 密钥*", "Open the form for a provider key": "打开填写密钥的表单", "Rename, share or limit a key": "重命名、共享或限制密钥", "Delete a key (you are asked first)": "删除密钥（会先询问您）",
    "*list my prompts*": "*列出提示词*", "See your saved prompts": "查看保存的提示词", "Save a prompt": "保存提示词", "Use a prompt": "使用提示词", "Delete a prompt (you are asked first)": "删除提示词（会先询问您）", "*list my apps*": "*列出我的应用*", "See your apps": "查看应用", "Keep a page that you give": "保存您给的页面",
    "Connect a tool server": "连接工具服务器", "See connected tool servers": "查看已连接的工具服务器", "Use a tool of a connected server (you are asked first)": "使用已连接服务器的工具（会先询问您）", "Read on in a shortened result": "继续阅读被截短的结果", "Disconnect a tool server (you are asked first)": "断开工具服务器（会先询问您）",
    "*what is my usage this month?*": "*我这个月用了多少？*", "See what you used": "查看用量",
}  # fmt: skip
# The guide's sentences and how they are said in Chinese. `{name}` is kept as it is.
SAID: tuple[tuple[str, str], ...] = (
    ("**{name}** is being captured. Use this URL in place of `{url}`:", "正在捕获 **{name}**。请用下面的地址代替 `{url}`："),
    ("**{name}** is captured already; nothing was charged.", "**{name}** 已在捕获中；没有扣除积分。"),
    ("It has {n} calls. Ask me about them, or say *document it*.", "它有 {n} 个请求。可以向我提问，或说 *给它写文档*。"),
    ("It has {n} call. Ask me about them, or say *document it*.", "它有 {n} 个请求。可以向我提问，或说 *给它写文档*。"),
    ("It has no calls yet.", "它还没有请求。"),
    ("Its proxy URL:", "它的代理地址："),
    ("Try it:", "试一试："),
    ("**{name}** has the recording's {n} calls. Say *document it*, or ask me about them.", "**{name}** 已有录制中的 {n} 个请求。可以说 *给它写文档*，或向我提问。"),
    ("More of them come through this URL:", "更多请求可以通过这个地址发送："),
    ("The calls appear here as they arrive; then ask me about them, or say *document it*.", "请求到达后会显示在这里；之后可以向我提问，或说 *给它写文档*。"),
    ("Which API shall I capture? Give me its URL, such as `https://api.example.com`, or say *the demo*.", "要捕获哪个 API？请给我它的地址，例如 `https://api.example.com`，或者说 *演示*。"),
    ("Which API do you mean? Its name, slug or host will do.", "您指的是哪个 API？说出它的名称、标识或主机即可。"),
    ("Which call do you mean? Give me its id, or list the calls first and say *the second one*.", "您指的是哪个请求？请给出它的编号，或先列出请求，再说 *第二个*。"),
    ("How often: daily, weekly or monthly?", "多久一次：每天、每周还是每月？"),
    ("Which field or parameter? Its name will do.", "哪个字段或参数？说出名称即可。"),
    (" (in the {status} answer) of ", "（{status} 响应中），属于 "),
    (" (in the path) of ", "（路径参数），属于 "),
    (" (in the query) of ", "（查询参数），属于 "),
    (" (in the request) of ", "（请求中），属于 "),
    (" is documented as always there: ", " 记录为总是存在："),
    (" is documented as optional: ", " 记录为可选："),
    ("It was there in {n} of {total}, and never null.", "在 {total} 个中出现了 {n} 个，从不为 null。"),
    ("It was there in {n} of {total}, and null in {nulls} of them.", "在 {total} 个中出现了 {n} 个，其中 {nulls} 个为 null。"),
    ("Its newest values: {values}.", "最近的值：{values}。"),
    ("It is a parameter because {n} different values stood at its place in the path, {share} sure: {values}.", "它是参数，因为路径的这个位置上出现过 {n} 个不同的值（把握 {share}）：{values}。"),
    ("*Split* the template if they are different things.", "如果它们是不同的东西，请*拆分*该模板。"),
    ("- Null in ", "- 为 null："),
    ("- Missing in ", "- 缺失："),
    ("- There in ", "- 存在："),
    ("[All of the evidence]", "[全部证据]"),
    ("The same name stands elsewhere too:", "同名的还有："),
    ("How many credits?", "要多少积分？"),
    ("For which provider: OpenAI, Anthropic, or another? (The key itself goes into a form, never into the chat.)", "哪个提供商的：OpenAI、Anthropic，还是其他？（密钥本身填在表单里，不要发到对话中。）"),
    ("Which key do you mean? Its name or provider will do.", "您指的是哪个密钥？说出名称或提供商即可。"),
    ("What shall it be called?", "要叫什么名字？"),
    ("Attach the HAR file and I'll import it.", "请附上 HAR 文件，我来导入。"),
    ("No API matches that.", "没有符合条件的 API。"),
    ("You capture no API yet. Say *capture https://api.example.com*, or *capture the demo API*.", "还没有捕获任何 API。可以说 *捕获 https://api.example.com*，或 *试试演示*。"),
    ("**{name}** is deleted.", "**{name}** 已删除。"),
    ("No captured call matches", "没有符合条件的请求"),
    (". Send a request through the proxy URL, then ask again.", "。请先通过代理地址发送一个请求，再来问我。"),
    ("No call failed", "没有失败的请求"),
    (" since today", "（今天起）"),
    (" since yesterday", "（昨天起）"),
    (" since Monday", "（星期一起）"),
    (" since Tuesday", "（星期二起）"),
    (" since Wednesday", "（星期三起）"),
    (" since Thursday", "（星期四起）"),
    (" since Friday", "（星期五起）"),
    (" since Saturday", "（星期六起）"),
    (" since Sunday", "（星期日起）"),
    (" in the last {time}.", "（最近 {time}）。"),
    ("{n} failed calls, newest first", "{n} 个失败的请求，最新的在前"),
    ("{n} failed call:", "{n} 个失败的请求："),
    ("{n} failed call.", "{n} 个失败的请求。"),
    ("{n} calls, newest first", "{n} 个请求，最新的在前"),
    ("{n} call:", "{n} 个请求："),
    ("{n} call.", "{n} 个请求。"),
    ("The newest failing call:", "最新的失败请求："),
    ("The newest call:", "最新的请求："),
    ("The slowest of {n} calls took **{ms} ms**: ", "{n} 个请求中最慢的用了 **{ms} 毫秒**："),
    ("The median is {ms} ms.", "中位数为 {ms} 毫秒。"),
    ("**{n} calls** failed", "**{n} 个请求**失败"),
    ("**{n} call** failed", "**{n} 个请求**失败"),
    ("**{n} calls**", "**{n} 个请求**"),
    ("**{n} call**", "**{n} 个请求**"),
    (", {n} of them failed.", "，其中 {n} 个失败。"),
    ("The last success for comparison: {call}.", "可以对比最近一次成功的请求：{call}。"),
    ("Arrived:", "已到达："),
    ("No operation matches that.", "没有符合条件的操作。"),
    ("**{name}** is documented: {n} operations from {calls} calls.", "**{name}** 的文档已写好：{n} 个操作，来自 {calls} 个请求。"),
    ("**{name}** is documented: {n} operation from {calls} calls.", "**{name}** 的文档已写好：{n} 个操作，来自 {calls} 个请求。"),
    ("**{name}** is documented: {n} operations.", "**{name}** 的文档已写好：{n} 个操作。"),
    ("Documents: ", "文档："),
    ("[The whole documentation]", "[完整文档]"),
    ("[All documentation]", "[全部文档]"),
    ("[Open the {kind} document]", "[打开 {kind} 文档]"),
    ("The captured calls show no authentication.", "捕获的请求中没有看到认证。"),
    ("The captured calls show no pages or cursors.", "捕获的请求中没有看到分页或游标。"),
    ("The captured calls show no rate limit: no such header, and no answer 429.", "捕获的请求中没有看到限流：没有相关的头，也没有 429。"),
    ("Nothing changed", "没有变化"),
    ("{n} changes, {breaking} breaking:", "{n} 处变化，其中 {breaking} 处不兼容："),
    ("{n} change, {breaking} breaking:", "{n} 处变化，其中 {breaking} 处不兼容："),
    ("**Breaking**: ", "**不兼容**："),
    ("You have **{n} credits**", "您有 **{n} 积分**"),
    (", {n} of them held by running tools", "，其中 {n} 积分被正在运行的工具占用"),
    ("There are no keys yet. Say *add my OpenAI key*; I need none myself.", "还没有密钥。可以说 *添加我的 OpenAI 密钥*；我自己不需要密钥。"),
    ("Type the {provider} key into [the form]({url}). It is stored encrypted and never passes through this chat.", "请在[表单]({url})里填写 {provider} 密钥。它加密保存，不会经过这个对话。"),
    ("All right, nothing was done.", "好的，什么也没有做。"),
    ("All right, I won't.", "好的，不会。"),
    ("All right, I left it.", "好的，没有动它。"),
    ("That did not work.", "没有成功。"),
    ("You're welcome.", "不客气。"),
    ("Ready when you are.", "随时可以开始。"),
    ("Hello! Say which API you care about, for example *capture https://api.example.com*, or *capture the demo API*. `/help` lists all I understand.", "您好！告诉我您关心哪个 API，例如 *捕获 https://api.example.com*，或 *试试演示*。`/help` 列出我听得懂的一切。"),
    ("I'm the built-in guide, no language model: I know Wiretalk's own verbs and answer from what was captured. For free conversation add a provider key in the settings.", "我是内置向导，不是语言模型：我懂 Wiretalk 自己的操作，并根据捕获的内容回答。想自由对话，请在设置里添加提供商密钥。"),
    ("I'm the built-in guide, no language model. Say these in your own words, or as a command:", "我是内置向导，不是语言模型。可以用自己的话说，也可以用命令："),
    ("Tools are switched off for this chat, so I can't do anything here. Switch them on below the message box and say it again.", "这个对话关闭了工具，我在这里什么也做不了。请在输入框下方打开工具，再说一次。"),
    ("The nearest I can do:", "我能做的最接近的是："),
    ("`/help` lists everything.", "`/help` 列出全部。"),
    ("| What | For example | Command |", "| 做什么 | 例如 | 命令 |"),
    ("| Name | Slug | Destination | State | Calls |", "| 名称 | 标识 | 目标 | 状态 | 请求 |"),
    ("Today: **{m}** messages, **{t}** tokens, **{u}** uploads", "今天：**{m}** 条消息，**{t}** 个令牌，**{u}** 次上传"),
    ("In the last thirty days: **{m}** messages, **{t}** tokens, **{u}** uploads", "最近三十天：**{m}** 条消息，**{t}** 个令牌，**{u}** 次上传"),
    ("There are no prompts yet.", "还没有提示词。"),
    ("There are no apps yet.", "还没有应用。"),
    ("Done: **{name}**: ", "完成：**{name}**："),
    ("its name is now {value}", "名称现为 {value}"),
    ("its description is now {value}", "描述现为 {value}"),
    ("its tags is now {value}", "标签现为 {value}"),
    ("its environment is now {value}", "环境现为 {value}"),
    ("its rate limit is now {value}", "限流现为 {value}"),
    ("its timeout s is now {value}", "超时（秒）现为 {value}"),
    ("its allowed methods is now {value}", "允许的方法现为 {value}"),
    ("it is active: calls are captured", "已启用：会捕获请求"),
    ("it is paused: calls are forwarded, not recorded", "已暂停：请求会转发，但不记录"),
    ("it is switched off: its proxy URL is closed", "已停用：代理地址已关闭"),
    ("it is archived", "已归档"),
    ("it is complete: its proxy URL is closed", "已完成：代理地址已关闭"),
    ("its documents are public", "文档已公开"),
    ("its documents are private", "文档已设为私有"),
    ("**{name}** (active) forwards to `{url}`. Its proxy URL:", "**{name}**（启用）转发到 `{url}`。它的代理地址："),
    ("**{name}** ({state}) forwards to `{url}`. Its proxy URL:", "**{name}**（{state}）转发到 `{url}`。它的代理地址："),
    ("It answers {statuses}.", "它的回答：{statuses}。"),
    ("Say `{words}` and I send it; you are asked first.", "说 `{words}`，我就发送它；会先询问您。"),
    ("It takes {kind}:", "它接收 {kind}："),
    ("**Request**", "**请求**"),
    ("**Response**", "**响应**"),
    ("It has no text.", "没有文本。"),
    ("The whole answer is in the call {call}.", "完整的回答在请求 {call} 里。"),
    ("No credentials were sent. Store them in the endpoint's settings, or make one successful call through its proxy URL.", "没有发送凭据。请在端点的设置里保存凭据，或通过代理地址成功调用一次。"),
    ("I understood that (`{tool}`), but it is not available here. What I can do: ", "我明白您的意思（`{tool}`），但这里不提供。我能做的有："),
    ("`{tool}` costs {n}.", "`{tool}` 需要 {n} 积分。"),
    (" Left today on the {plan} plan: {left}; it resets at {time} UTC.", " {plan} 套餐今天还剩：{left}；{time} UTC 重置。"),
    ("{n} credits cost {price}. [Go to the checkout]({link}); nothing is bought before.", "{n} 积分需 {price}。[去付款]({link})；付款前不会购买。"),
    ("Say *save a prompt called greeting: \"…\"*.", "可以说 *保存提示词 greeting：\"…\"*。"),
    ("No MCP server is connected yet. Say *connect the MCP server https://…*.", "还没有连接 MCP 服务器。可以说 *连接 MCP 服务器 https://…*。"),
    ("Some calls were answered with **401**, so it wants credentials; no captured call has shown any. Send one that is signed in, then say *document it*.", "有些请求得到 **401**，说明需要凭据；捕获的请求里还没有出现。请发送一个已登录的请求，再说 *给它写文档*。"),
    ("No captured call has failed.", "没有失败的请求。"),
    ("Name a call to look at it.", "请指明要看的请求。"),
    ("Saved as version {n}: `/{name}`", "已保存为第 {n} 版：`/{name}`"),
    ("The prompt `{name}` is deleted.", "提示词 `{name}` 已删除。"),
    ("The key `{name}` (••••{last}) is deleted.", "密钥 `{name}`（••••{last}）已删除。"),
    ("`{name}` is disconnected.", "`{name}` 已断开。"),
    ("No endpoint has an operation `{operation}`.", "没有端点有操作 `{operation}`。"),
    ("`{name}` has no operation `{operation}`.", "`{name}` 没有操作 `{operation}`。"),
    ("Search the operations to see what there is.", "请先搜索操作，看看有哪些。"),
    ("Describe the operation to see what it takes.", "请先查看操作的说明，了解它接收什么。"),
    ("A body is needed ({kind}).", "需要请求体（{kind}）。"),
    ("The name `{name}` cannot be found. Check its spelling and the network.", "找不到名称 `{name}`。请检查拼写和网络。"),
    ("No name server answers for `{name}`. Check its spelling and the network.", "没有域名服务器回答 `{name}`。请检查拼写和网络。"),
    ("There is no endpoint `{name}`.", "没有端点 `{name}`。"),
    ("List the endpoints to see their names.", "请列出端点查看它们的名称。"),
    ("There is no endpoint yet.", "还没有端点。"),
    ("Create one first: say which API to capture.", "请先创建一个：告诉我要捕获哪个 API。"),
    ("Several endpoints have `{operation}`: ", "多个端点有 `{operation}`："),
    ("Name one by its id or slug.", "请用编号或标识指明。"),
    ("There is no captured call `{call}`.", "没有捕获到请求 `{call}`。"),
    ("Search the captures to find its id.", "请搜索捕获的请求，找到它的编号。"),
    ("Send a few requests through the proxy URL first.", "请先通过代理地址发送几个请求。"),
    ("Nothing has been captured yet", "还没有捕获到任何请求"),
    ("`{host}` could not be reached.", "无法连接 `{host}`。"),
    ("`{host}` did not answer within {n} s.", "`{host}` 在 {n} 秒内没有回答。"),
    ("Get more credits; what exists keeps working.", "请获取更多积分；已有的会继续工作。"),
    ("The upstream could not read the request: look at its body and query.", "上游读不懂这个请求：请检查请求体和查询参数。"),
    ("The credentials are missing, wrong or expired.", "凭据缺失、错误或已过期。"),
    ("The credentials are valid but lack the right for this operation.", "凭据有效，但没有这个操作的权限。"),
    ("Nothing exists at this path: check the id and the path.", "这个路径下什么都没有：请检查编号和路径。"),
    ("This path does not offer the method.", "这个路径不支持该方法。"),
    ("The request clashes with the present state of the resource.", "请求与资源的当前状态冲突。"),
    ("The upstream does not take this content type.", "上游不接受这种内容类型。"),
    ("The body is well-formed but a value in it is not accepted.", "请求体格式正确，但其中有个值不被接受。"),
    ("The rate limit was reached: wait, then try again.", "已达到限流：请稍后再试。"),
    ("The upstream failed on its side.", "上游自身出错了。"),
    ("The upstream refused the request.", "上游拒绝了请求。"),
    (" The API says: `{said}`", " API 说：`{said}`"),
    (" Most telling: ", " 最可能的原因："),
    ("This call did not fail: the upstream answered {status}.", "这个请求没有失败：上游回答了 {status}。"),
    ("No answer came: {error}.", "没有收到回答：{error}。"),
    ("The header `{name}` was sent in the success and is missing here.", "成功的请求带有头 `{name}`，这里没有。"),
    ("The header `{name}` is new here.", "头 `{name}` 是这里新加的。"),
    ("The body lacks `{name}`.", "请求体缺少 `{name}`。"),
    ("The body has `{name}`, which the success had not.", "请求体里有 `{name}`，成功的请求没有。"),
    ("The query is `{a}`, it was `{b}`.", "查询参数是 `{a}`，成功时是 `{b}`。"),
    ("The path is `{a}`, the success was `{b}`.", "路径是 `{a}`，成功的请求是 `{b}`。"),
    ("`{name}` is `{a}`, it was `{b}`.", "`{name}` 是 `{a}`，成功时是 `{b}`。"),
    ("What is the prompt's text?", "提示词的内容是什么？"),
    ("At which URL is the server?", "服务器的地址是什么？"),
    ("Which server do you mean?", "您指的是哪个服务器？"),
    ("Which app do you mean?", "您指的是哪个应用？"),
    ("What should the operation do?", "这个操作应该做什么？"),
    ("Which operation? For example `GET /orders`.", "哪个操作？例如 `GET /orders`。"),
    ("Which result? Its handle stands at the end of the shortened text.", "哪个结果？它的标记在被截短的文本末尾。"),
    ("Which tool? *List the MCP servers* shows their names, such as `linear__list_issues`.", "哪个工具？*列出 MCP 服务器* 会显示它们的名称，例如 `linear__list_issues`。"),
    ("I can't write pages, since I'm no language model. Paste the page's HTML in a code block and I'll keep it as an app.", "我不是语言模型，不会写页面。请把页面的 HTML 放在代码块里，我会把它保存为应用。"),
    ("OpenAPI is the usual machine-readable description of an HTTP API. I write one from captured calls: say *document it*.", "OpenAPI 是 HTTP API 常用的机器可读描述。我根据捕获的请求来写：请说 *给它写文档*。"),
    ("A proxy URL stands in for your API's address: requests sent to it are forwarded unchanged and recorded. Say *capture https://api.example.com* to get one.", "代理地址代替您的 API 地址：发到它的请求会原样转发并记录下来。说 *捕获 https://api.example.com* 就能得到一个。"),
    ("`{name}` is not documented yet.", "`{name}` 还没有文档。"),
    ("Generate it first.", "请先说 *给它写文档*。"),
    ("`{name}` has no captured calls yet. Send requests to {url}, then try again.", "`{name}` 还没有捕获到请求。请把请求发到 {url}，然后再试。"),
    ("What shall I change? For example *rename it to Shop*, *pause it* or *make it public*.", "要改什么？例如 *把它改名为 Shop*、*暂停它* 或 *公开它*。"),
    ("Done.", "完成。"),
)  # fmt: skip
