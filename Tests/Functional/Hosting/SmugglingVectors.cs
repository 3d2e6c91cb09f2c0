using System.Globalization;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>
/// Requests whose end two servers may parse differently. Each hides a second request, for <see cref="Hidden"/>, which no server may answer:
/// one parser takes it for a part of the body, the other for the request of the next client.
/// </summary>
internal static class SmugglingVectors
{
    public const string Hidden = "/hidden";

    private const string Attack = "/attack";

    private static readonly string[] Codings =
    [
        "Transfer-Encoding: chunked", "transfer-encoding: CHUNKED", "Transfer-Encoding:\tchunked", "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked", "Transfer-Encoding:\u000bchunked",
        "Transfer-Encoding: chunked\u000b", "Transfer-Encoding: \u0000chunked", "Transfer-Encoding:\r\n chunked",
        "X: y\nTransfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked", "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;q=1", "Transfer-Encoding:", "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity, chunked", "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding\u0000: chunked", "Transfer-Encoding: chunked ,",
    ];

    // N stands for the length of the hidden request: for one parser it is the body's length, for the other the body is empty.
    private static readonly string[] Lengths =
    [
        "Content-Length: 0\r\nContent-Length: N", "Content-Length: N\r\nContent-Length: 0", "Content-Length: N\r\nContent-Length: N",
        "Content-Length: +N", "Content-Length: -N", "Content-Length: -0", "Content-Length: 0N", "Content-Length: N, 0",
        "Content-Length: 0, N", "Content-Length: N 0", "Content-Length: 0xN", "Content-Length: N.0", "Content-Length: Ne0",
        "Content-Length: N\u000b", "Content-Length : N", " Content-Length: N", "Content-Length\t: N", "Content-Length:\r\n N",
        "Content-Length: 0\r\n N", "X: y\nContent-Length: N", "X: y\rContent-Length: N", "Content-Length\u0000: N", "Content Length: N",
        "Content-Length: 99999999999999999999N", "Content-Length:",
    ];

    // H stands for the hidden request, L for the length of "0\r\n\r\nH" in hexadecimal digits.
    private static readonly string[] Chunks =
    [
        "2;\nxx\r\nL\r\n0\r\n\r\nH\r\n0\r\n\r\n", "2;\rxx\r\nL\r\n0\r\n\r\nH\r\n0\r\n\r\n", "2\nxx\r\n0\r\n\r\nH",
        "2\rxx\r\n0\r\n\r\nH", "2;a=\"\nxx\r\nL\r\n0\r\n\r\nH\r\n0\r\n\r\n", "2\r\nab\n0\r\n\r\nH", "2\r\nab\r0\r\n\r\nH",
        "2\r\nabXX0\r\n\r\nH", "2\r\nab0\r\n\r\nH", "+2\r\nab\r\n0\r\n\r\nH", "-2\r\nab\r\n0\r\n\r\nH", "0x2\r\nab\r\n0\r\n\r\nH",
        " 2\r\nab\r\n0\r\n\r\nH", "\t2\r\nab\r\n0\r\n\r\nH", "2_0\r\nab\r\n0\r\n\r\nH", "\r\n0\r\n\r\nH",
        "10000000000000002\r\nab\r\n0\r\n\r\nH", "100000000\r\n0\r\n\r\nH", "FFFFFFFFFFFFFFFE\r\nab\r\n0\r\n\r\nH", "-0\r\n\r\nH",
        "0x0\r\n\r\nH", "0\n\nH", "0\r\rH", "0\r\nX: y\n\r\nH", "0\r\nX y\r\n\r\nH", "0\r\nXX\r\nH",
    ];

    /// <param name="host">Of the attacker's requests.</param>
    /// <param name="key">So that a hidden request would be let in.</param>
    public static IEnumerable<string> All(string host, string key)
    {
        var common = $"Host: {host}\r\nAuthorization: Bearer {key}\r\n";
        var hidden = $"GET {Hidden} HTTP/1.1\r\n{common}\r\n";
        var ended = $"0\r\n\r\n{hidden}";
        var chunk = $"{ended.Length.ToString("x", CultureInfo.InvariantCulture)}\r\n{ended}\r\n0\r\n\r\n";
        foreach (var coding in Codings)
        {
            // 1. A parser that uses the length takes all of it for the body; one that uses the coding ends the body at the empty chunk.
            yield return Of("1.1", $"Content-Length: {ended.Length}\r\n{coding}", ended);
            yield return Of("1.1", $"{coding}\r\nContent-Length: {ended.Length}", ended);
            yield return Of("1.0", $"Connection: keep-alive\r\nContent-Length: {ended.Length}\r\n{coding}", ended);
            // 2. The other way round: the length ends within the size of the first chunk.
            yield return Of("1.1", $"Content-Length: {chunk.IndexOf('\n', StringComparison.Ordinal) + 1 + 5}\r\n{coding}", chunk);
        }

        foreach (var length in Lengths)
            yield return Of("1.1", Fill(length, "N", hidden.Length.ToString(CultureInfo.InvariantCulture)), hidden);
        foreach (var body in Chunks)
        {
            var filled = Fill(body, "L", ended.Length.ToString("x", CultureInfo.InvariantCulture));
            yield return Of("1.1", "Transfer-Encoding: chunked", Fill(filled, "H", hidden));
        }

        string Of(string version, string headers, string body) => $"POST {Attack} HTTP/{version}\r\n{common}{headers}\r\n\r\n{body}";
    }

    private static string Fill(string text, string mark, string value) => text.Replace(mark, value, StringComparison.Ordinal);
}
