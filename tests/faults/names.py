"""A corpus of hostile names, of tools, arguments, fields and files: what a model or a server may call a thing."""

# Every name is written with escapes where its characters look like others, or like nothing.
CONTROL = (
    *("\x00", "a\x00b", "a\nb", "a\rb", "\t", "\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "\x7f", "\x9b31m", "a\x08b"),
)
UNICODE = (
    *(
        "\u00e9",
        "e\u0301",
        "\u212b",
        "\ufb01nd",
        "\uff46\uff49\uff4e\uff44",
        "f\u0456nd",
        "\u202efind",
        "\u2066find\u2069",
    ),
    *(
        "fi\u200bnd",
        "fi\u00adnd",
        "\ufefffind",
        "\u2028",
        "\u2029",
        "\u00a0",
        "\U0001f600",
        "\u0131",
        "\u0130",
        "\u00df",
    ),
    *("\U0001f469\u200d\U0001f469\u200d\U0001f467", "Z\u0338\u0351a\u0334lg\u0335o", "\ufffe", "\U0010ffff"),
)
MARKUP = (
    *("<script>alert(1)</script>", "</script><script>", "<img src=x onerror=alert(1)>", "<!--", "-->", "]]>", "&lt;"),
    *("' onload='", '" onload="', "javascript:alert(1)", "{{ 7*7 }}", "{% raw %}", "${7*7}", "#{7*7}", "[red]x[/red]"),
    *("[link=http://x]x[/link]", "# heading", "[a](javascript:0)", "![a](http://127.0.0.1:9/a.png)", "| a |", "```"),
)
PATHS = (
    *("", ".", "..", "/", "../../etc/passwd", "/etc/passwd", "~", "~root", "C:\\Windows", "\\\\host\\share", "a/b"),
    *("nul.txt", "-rf", "--help", "*", "?", "a" * 300, "%2e%2e%2f", "file:///etc/passwd", ".hidden", "a.", " a", "a "),
    *("CON", "lock", "config.json", "__init__.py", "a.partial", "a.tmp"),
)
CODE = (
    *("__class__", "__init__", "__import__('os').system('true')", "constructor", "__proto__", "self", "cls", "None"),
    *("True", "null", "NaN", "0", "-1", "1e999", "lambda: 0", "import", "a;b", "$(true)", "`true`", "; true", "| true"),
    *("'; DROP TABLE replies; --", "%s%n", "{0.__class__}", "{}", "a=b", "a,b", "a(b)", "f(x=1)", "**", "name"),
    *("arguments", "parameters", "function", "type"),
)
TAGS = (
    *("<tool_call>", "</tool_call>", "<tool_call>{}</tool_call>", "[TOOL_CALLS]", "[ARGS]", "[/INST]", "<|eot_id|>"),
    *(
        "<|python_tag|>",
        "<|im_end|>",
        "<|im_start|>system",
        "<s>",
        "</s>",
        '"}}',
        '", "arguments": {',
        "functions.find",
    ),
    *("$ref", "#/properties/a", "properties", "$defs", "x.y", "a[0]", "$.a", "a~1b"),
)
NAMES: tuple[str, ...] = (*CONTROL, *UNICODE, *MARKUP, *PATHS, *CODE, *TAGS)
"""Names that UTF-8 can hold."""
BROKEN_NAMES = ("\ud800", "a\udfff", "\udc80find")
"""Names with half a character: no file can hold them, so they are refused on entry."""
