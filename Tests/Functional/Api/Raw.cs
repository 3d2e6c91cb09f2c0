using System.Text.Json;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>Parses answers that came as text.</summary>
internal static class Raw
{
    public static string Head(string answer) => Split(answer).Head;

    public static string Body(string answer) => Split(answer).Body;

    /// <summary>Checks that the answer is a complete problem with this status and code; for HEAD the code is in the header only.</summary>
    public static void Problem(string answer, int status, string code, bool hasBody = true)
    {
        Assert.True(answer.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), answer);
        var (head, body) = Split(answer);
        Assert.Contains($"X-Error-Code: {code}", head, StringComparison.Ordinal);
        if (!hasBody)
        {
            Assert.Equal("", body);
            return;
        }

        Assert.Contains("Content-Type: application/problem+json", head, StringComparison.Ordinal);
        var json = JsonDocument.Parse(body).RootElement;
        Assert.Equal(code, json.GetProperty("code").GetString());
        ApiClient.AssertWhole(json, status);
    }

    // An interim response precedes the final one.
    private static (string Head, string Body) Split(string answer)
    {
        while (answer.StartsWith("HTTP/1.1 1", StringComparison.Ordinal))
            answer = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (answer[..end], answer[(end + 4)..]);
    }
}
