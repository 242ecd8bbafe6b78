"""What a hostile customer, file or product would write."""

import itertools

PAYLOADS = (
    "<script>document.title='pwned'</script>",
    '"><img src=x onerror="document.title=\'pwned\'">',
    "<svg onload=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](https://tracker.example/p.png)",
    "<a href='javascript:alert(1)'>x</a>",
    "</style><style>*{background:url(https://x.example)}</style>",
    "</title><script>alert(1)</script>",
    "--><b>x</b><!--",
    "{{ 7 * 7 }}{% for x in y %}",
    "$x$ $\\undefined$ $$\\frac{1}{",
    "\u202egpj.exe\u202c \u2066x\u2069",
    "x" * 3000,
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href='https://x.example/'>",
    "<meta http-equiv=refresh content='0;url=//x'>",
    "<form action=https://x.example><input name=q>",
    "<object data=x></object><embed src=x>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x00\x07<scr\x00ipt>alert(1)</script>",
    "' onmouseover='alert(1)",
    "<details open ontoggle=alert(1)>",
    "<!--[if gte IE 4]><b><![endif]-->",
    "]]><![CDATA[<script>alert(1)</script>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "日本語 🍲 العربية",
    "=1+1;cmd|' /C calc'!A0",
)


def hostile():
    """Every text becomes a payload followed by itself; each payload is used in turn."""
    turn = itertools.cycle(PAYLOADS)
    return lambda text: f"{next(turn)} {text}"
