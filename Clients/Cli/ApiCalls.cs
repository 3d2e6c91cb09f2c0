using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>Requests of verbs that print what the service answers: fields of its JSON, as the API documents them.</summary>
internal sealed class ApiCalls(RawCalls calls)
{
    private const int Page = 200;

    public static Task<int> RunAsync(ParseResult parse, Func<Output, ApiCalls, Task> verb) => Output.RunAsync(parse, async output =>
    {
        var target = Target.Of(parse);
        target.RequireService();
        using var calls = new RawCalls(target);
        await verb(output, new ApiCalls(calls));
        return ExitCodes.Done;
    });

    /// <exception cref="TransferException">The service refuses, or does not answer.</exception>
    public async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken stop)
    {
        using var content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        var answer = await calls.SendAsync(method, path, content, stop);
        if (!answer.IsGood)
            throw answer.Failure();
        return answer.Body.Length == 0 ? [] : Parse(answer.Body);
    }

    public Task<JsonObject> GetAsync(string path, CancellationToken stop) => SendAsync(HttpMethod.Get, path, null, stop);

    /// <param name="path">May have a query.</param>
    public async IAsyncEnumerable<JsonObject> ListAsync(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var first = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={Page}";
        string? cursor = null;
        do
        {
            var page = await GetAsync(cursor is null ? first : $"{first}&cursor={Uri.EscapeDataString(cursor)}", stop);
            foreach (var item in page["items"] as JsonArray ?? throw Invalid())
                yield return item as JsonObject ?? throw Invalid();
            var next = Text(page["nextCursor"]);
            // The same cursor again would make an endless list.
            cursor = next == cursor ? null : next;
        }
        while (cursor is not null);
    }

    public static string? Text(JsonNode? node) => node switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => node.ToJsonString(),
    };

    /// <summary>A field that people read beside others; empty if it is missing.</summary>
    public static string Cell(JsonNode? node) => Output.Printable(Text(node) ?? "");

    public static long Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<long>(out var number) ? number : 0;

    public static string Day(JsonNode? node) => DateTimeOffset.TryParse(Text(node), CultureInfo.InvariantCulture, out var at)
        ? string.Create(CultureInfo.InvariantCulture, $"{at.ToLocalTime():yyyy-MM-dd HH:mm}")
        : "";

    private static JsonObject Parse(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject ?? throw Invalid();
        }
        catch (JsonException)
        {
            throw Invalid();
        }
    }

    private static TransferException Invalid() =>
        new(TransferFailure.InvalidAnswer, "The answer is not from a ChunkUpload service. Another program may use the address.");
}
