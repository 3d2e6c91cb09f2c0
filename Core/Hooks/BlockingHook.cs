using System.Text.Json;

namespace ChunkUpload.Core.Hooks;

/// <summary>
/// Requests a verdict from an address that the operator has configured: sends one signed request and reads the verdict from the response.
/// </summary>
public sealed class BlockingHook(IHookSender sender, Uri url, WebhookFormat format, byte[]? secret, TimeProvider time)
{
    private const int MostAnswer = 16 << 10;

    /// <param name="id">The id of the request, the same for each attempt.</param>
    public async Task<HookVerdict> AskAsync(
        string id, string kind, string json, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var body = WebhookMessage.Body(format, id, kind, json);
        var headers = secret is null ? [] : WebhookSignature.Headers(secret, id, time.GetUtcNow(), body);
        if (format == WebhookFormat.Tusd)
            headers = [.. headers, (WebhookRequest.HookNameHeader, WebhookKinds.TusdHook(kind))];
        var request = new HookRequest(url, body, headers, timeout) { AllowPrivateNetworks = true, MostAnswer = MostAnswer };
        var answer = await sender.SendAsync(request, cancellationToken);
        if (!answer.Succeeded)
            return HookVerdict.None(answer.Error ?? $"The address answered with the status {answer.Status}.");
        try
        {
            using var document = JsonDocument.Parse(answer.Body ?? "");
            return format == WebhookFormat.Tusd ? OfTusd(document.RootElement) : OfOwn(document.RootElement);
        }
        catch (Exception reason) when (reason is JsonException or InvalidOperationException)
        {
            return HookVerdict.None($"The answer is not JSON of at most {MostAnswer} bytes with a verdict.");
        }
    }

    // A proxy's error page has no verdict, so it accepts nothing.
    private static HookVerdict OfOwn(JsonElement answer) =>
        (answer.TryGetProperty("verdict", out var verdict) ? verdict.GetString() : null) switch
        {
            "accept" => HookVerdict.Accept,
            "refuse" => new HookVerdict(false, Text(answer, "reason"), Status(answer, "status")),
            _ => HookVerdict.None("The answer's verdict is neither accept nor refuse."),
        };

    // The JSON names are those of tusd.
    private static HookVerdict OfTusd(JsonElement answer)
    {
        var http = answer.TryGetProperty("HTTPResponse", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        var has = http.ValueKind == JsonValueKind.Object;
        var status = has ? Status(http, "StatusCode") : null;
        var rejects = answer.TryGetProperty("RejectUpload", out var reject) && reject.ValueKind == JsonValueKind.True;
        if (!rejects && status is null or < 400)
            return HookVerdict.Accept;
        return new HookVerdict(false, has ? Text(http, "Body") : null, status);
    }

    private static string? Text(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? PlainSentence.Of(value.GetString())
            : null;

    private static int? Status(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var status)
            ? status
            : null;
}

/// <param name="Accepts">Null if there is no verdict; <paramref name="Sentence"/> then says why.</param>
/// <param name="Sentence">The receiver's reason of a refusal.</param>
/// <param name="Status">The HTTP status for a refusal; null if the receiver does not specify one.</param>
public sealed record HookVerdict(bool? Accepts, string? Sentence, int? Status)
{
    public static HookVerdict Accept { get; } = new(true, null, null);

    public static HookVerdict None(string sentence) => new(null, sentence, null);
}
