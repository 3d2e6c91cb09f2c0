using System.Globalization;
using System.Text;

namespace ChunkUpload.Tests.Browser;

/// <summary>A content that runs a script where a browser lets it, and the type under which it is uploaded.</summary>
/// <param name="Type">Null if none is declared.</param>
internal sealed record HostileFile(string Kind, string? Type, byte[] Bytes);

/// <summary>
/// Contents and names that programs trip over: 12 and 8, and with <c>CHUNKUPLOAD_HOSTILE_FILES=all</c> 60 and 40, by variations of each.
/// </summary>
internal static class HostileFiles
{
    public static bool All { get; } = Environment.GetEnvironmentVariable("CHUNKUPLOAD_HOSTILE_FILES") == "all";

    public static IReadOnlyList<HostileFile> Contents => All ? [.. Basic.SelectMany(Variations)] : Basic;

    /// <summary>Contents that run where a server sends them without saying more of them than their type.</summary>
    public static IReadOnlySet<string> RunElsewhere { get; } = new HashSet<string> { "html", "svg", "xhtml", "js", "nulls", "untyped" };

    public static IReadOnlyList<string> Names => All ? [.. BasicNames.SelectMany(Variations).Distinct()] : BasicNames;

    /// <summary>Says in the browser's console which content runs.</summary>
    private static string Script(string kind) => $"console.log('ran {kind}')";

    private static string Html(string kind) =>
        $"<html><body onload=\"{Script(kind)}\"><script>{Script(kind)}</script><img src=x onerror=\"{Script(kind)}\"></body></html>";

    private static IReadOnlyList<HostileFile> Basic { get; } =
    [
        new("html", "text/html", Text(Html("html"))),
        new("svg", "image/svg+xml", Text($"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>{Script("svg")}</script></svg>")),
        new("xhtml", "application/xhtml+xml", Text(
            $"<html xmlns=\"http://www.w3.org/1999/xhtml\"><body><script>{Script("xhtml")}</script></body></html>")),
        new("xml", "text/xml", Text($"""
            <?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?>
            <r><s xmlns="http://www.w3.org/1999/xhtml"><script xmlns="http://www.w3.org/1999/xhtml">{Script("xml")}</script></s></r>
            """)),
        new("pdf", "application/pdf", Text($$"""
            %PDF-1.4
            1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS({{Script("pdf")}}; app.alert(1))>>>>endobj
            2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
            3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
            trailer<</Root 1 0 R>>
            """)),
        new("mhtml", "multipart/related", Text(
            "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
                + $"{Html("mhtml")}\r\n--b--\r\n")),
        new("js", "text/javascript", Text(Script("js"))),
        new("wasm", "application/wasm", [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, .. Text(Html("wasm"))]),
        new("polyglot", "image/gif", Text($"GIF89a/*{Html("polyglot")}*/=0;{Script("polyglot")}")),
        new("nulls", "text/html", Text(Html("nulls").Replace("<s", "<s\0", StringComparison.Ordinal) + Html("nulls"))),
        new("utf-7", "text/html; charset=utf-7", Text($"+ADw-script+AD4-{Script("utf-7")}+ADw-/script+AD4-")),
        new("untyped", null, Text(Html("untyped"))),
    ];

    private static IReadOnlyList<string> BasicNames { get; } =
    [
        "split\r\nX-Split: yes\r\n\r\n<img src=x onerror=console.log('ran name')>", "invoice\u202Elmth.exe",
        "\"'><img src=x onerror=console.log('ran name')>", "page.pdf.html", "\u0444\u0430\u0439\u043b \U0001F600 e\u0301.svg",
        "x\"; filename=x.html", new string('n', 250) + ".html", "%22%0d%0aX-Split:%20yes%00.html",
    ];

    private static IEnumerable<HostileFile> Variations(HostileFile file) =>
    [
        file,
        file with { Kind = file.Kind + "-mark", Bytes = [0xef, 0xbb, 0xbf, .. file.Bytes] },
        file with { Kind = file.Kind + "-padded", Bytes = [.. Text("\0\r\n\t <!-- -->"), .. file.Bytes] },
        file with { Kind = file.Kind + "-untyped", Type = null },
        file with { Kind = file.Kind + "-wide", Bytes = [0xff, 0xfe, .. Encoding.Unicode.GetBytes(Encoding.Latin1.GetString(file.Bytes))] },
    ];

    private static IEnumerable<string> Variations(string name) =>
    [
        name, Short(name) + "\t;\u0085\u2028.htm", "\u200b" + Short(name) + "\u2066.xht", "..\\" + Short(name) + "\u007f",
        Short(name) + "%0A'*=",
    ];

    // Leaves room for an ending in the 255 bytes of a name.
    private static string Short(string name)
    {
        var elements = StringInfo.GetTextElementEnumerator(name);
        var text = new StringBuilder();
        while (elements.MoveNext() && Encoding.UTF8.GetByteCount(text.ToString()) < 200)
            text.Append(elements.GetTextElement());
        return text.ToString();
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
