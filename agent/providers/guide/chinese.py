"""Simplified Chinese for the guide, as data: what people say becomes the English its grammar reads, what it says becomes Chinese.

Only the most usual requests, and the sentences that answer them. An answer's tables, code and fenced text are left as they are; a sentence that
stands in no row, such as one of an API, stays as it is.
"""

import re
from functools import cache

from agent.messages import Message, text_of
from agent.providers.guide.chinese_sentences import SAID


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
        if not line.startswith(("| What", "| Name", "| Field")):
            return line
    for pattern, chinese in _sentences():
        line = pattern.sub(chinese, line)
    return _ENDED.sub("。", re.sub(r"(?<=[。？！]) (?=[\u4e00-\u9fff`])", "", line))


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
    (r"(?:哪些|哪个|什么|列出|有没有).*?(?:字段|参数|属性)?.*?(?:可以为空|可能为空|可为空|可空|为空|为 ?null)(?:的?(?:字段|参数|属性))?", "which fields can be null"),
    (r"(?:哪些|哪个|什么|列出).*?(?:字段|参数|属性).*?(?:可选|选填)(?:的)?", "which fields are optional"),
    (r"(?:哪些|哪个|什么|列出).*?(?:字段|参数|属性).*?(?:必填|必需|必须)(?:的)?", "which fields are required"),
    (r"^\s*([A-Za-z][\w.-]*)\s*(?:有(?=哪些|什么|多少|几|没有)|的(?=请求|调用|失败|错误|文档))", r"\1's"),
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
    "请求": "calls", "调用": "calls", "流量": "traffic", "失败": "failed", "报错": "failed", "出错": "failed", "错误": "errors", "异常": "errors", "成功": "successful", "解释": "explain", "描述": "describe", "原因": "why",
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
_ENDED = re.compile(r"(?<=[\u4e00-\u9fff])\.$|(?<=[\u4e00-\u9fff]\*\*)\.$")  # an English full stop behind Chinese words
_HAN = re.compile("[\u4e00-\u9fff]")

# What to say next, and titles; the grammar reads each of the former.
SUGGESTED: dict[str, str] = {
    "Wait for the next call": "等待下一个请求", "Show the calls": "显示请求", "Document it": "给它写文档", "Which calls failed?": "哪些请求失败了？", "What changed since Monday?": "从星期一以来有什么变化？",
    "Capture the demo API": "试试演示", "What is the slowest call?": "最慢的请求是哪个？", "Why did the last call fail?": "最后一次调用为什么失败？", "Explain it": "解释一下它", "Document this API": "给它写文档",
    "Show its details": "显示它的详情", "How do I authenticate?": "怎么认证？", "Show me the TypeScript": "显示 TypeScript 类型", "Show me the OpenAPI": "显示 OpenAPI 文档", "Replay it": "重放它",
    "Call it": "调用它", "List my APIs": "列出我的接口", "What is my usage this month?": "我这个月用了多少？", "Buy 500 credits": "购买 500 积分", "Add my OpenAI key": "添加我的 OpenAI 密钥", "Add my Anthropic key": "添加我的 Anthropic 密钥", "What can you do?": "你能做什么？",
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
    "*which fields can be null?*": "*哪些字段可以为空？*", "See which fields are nullable, optional or required": "查看哪些字段可为空、可选或必需", "*what changed since Monday?*": "*从星期一以来有什么变化？*", "See what changed": "查看变化", "*why is owner nullable in GET /teams/{id}?*": "*为什么 owner 可以为空？*", "See the evidence for a field or parameter": "查看某个字段或参数的证据", "*how many credits do I have?*": "*我还有多少积分？*", "See your credits": "查看积分", "*buy 500 credits*": "*购买 500 积分*", "Get a price and a checkout link": "获取价格和付款链接",
    "*list my keys*": "*列出我的密钥*", "See your provider keys": "查看提供商密钥", "*add my OpenAI key*": "*添加我的 OpenAI 密钥*", "Open the form for a provider key": "打开填写密钥的表单", "Rename, share or limit a key": "重命名、共享或限制密钥", "Delete a key (you are asked first)": "删除密钥（会先询问您）",
    "*list my prompts*": "*列出提示词*", "See your saved prompts": "查看保存的提示词", "Save a prompt": "保存提示词", "Use a prompt": "使用提示词", "Delete a prompt (you are asked first)": "删除提示词（会先询问您）", "*list my apps*": "*列出我的应用*", "See your apps": "查看应用", "Keep a page that you give": "保存您给的页面",
    "Connect a tool server": "连接工具服务器", "See connected tool servers": "查看已连接的工具服务器", "Use a tool of a connected server (you are asked first)": "使用已连接服务器的工具（会先询问您）", "Read on in a shortened result": "继续阅读被截短的结果", "Disconnect a tool server (you are asked first)": "断开工具服务器（会先询问您）",
    "*what is my usage this month?*": "*我这个月用了多少？*", "See what you used": "查看用量",
}  # fmt: skip
