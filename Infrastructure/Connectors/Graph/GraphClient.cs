using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connections;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>
/// Sends requests to Microsoft Graph with the token of one connection at the rate that its responses permit, records them, and maps
/// failures to faults. The addresses of uploads and downloads are credentials themselves and refuse a token, so those requests contain
/// none.
/// </summary>
internal sealed class GraphClient(
    ConnectorHttp http, GraphOptions options, AccessTokens tokens, MicrosoftTokens microsoft, GraphPace pace, ConnectorContext context,
    TimeProvider time)
{
    /// <summary>The operation that finds an item by its name.</summary>
    public const string FindName = "item.find";

    private const int MostRedirects = 3;

    // A longer wait is left to the queue, so that it occupies no worker.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private string Base => options.ApiUrl.TrimEnd('/');

    private Guid Connection => context.Connection!.Id;

    public Uri Address(string path) => new(Base + path);

    /// <summary>Returns the address of the next page; null if it is not at Graph, because the token is sent to it.</summary>
    public Uri? NextPage(string link) =>
        Uri.TryCreate(link, UriKind.Absolute, out var address) && Uri.TryCreate(Base, UriKind.Absolute, out var ours)
        && address.Scheme == ours.Scheme && address.Authority == ours.Authority && address.UserInfo.Length == 0
            ? address
            : null;

    /// <summary>Sends a request with a JSON response or none.</summary>
    public Task<Outcome<GraphJson>> JsonAsync(string operation, HttpMethod method, string path, CancellationToken cancellationToken) =>
        JsonAsync(operation, method, Address(path), null, cancellationToken);

    public Task<Outcome<GraphJson>> JsonAsync(
        string operation, HttpMethod method, string path, JsonObject body, CancellationToken cancellationToken) =>
        JsonAsync(operation, method, Address(path), body, cancellationToken);

    public async Task<Outcome<GraphJson>> JsonAsync(
        string operation, HttpMethod method, Uri address, JsonObject? body, CancellationToken cancellationToken) =>
        JsonOf(await AskAsync(operation, method, address, body, cancellationToken));

    public Outcome<GraphJson> JsonOf(Outcome<ShortAnswer> answer)
    {
        if (!answer.Ok)
            return answer.Fault;
        if (!answer.Value.Succeeded)
            return FaultOf(answer.Value, session: false);
        return answer.Value.Json() is { } json
            ? new GraphJson(json)
            : answer.Value.Body.Length == 0
                ? new GraphJson(ShortAnswer.Nothing)
                : Unreadable;
    }

    /// <summary>Sends a request with the token and a short response of any status.</summary>
    /// <param name="tag">The tag that the item must still have; null for any.</param>
    public async Task<Outcome<ShortAnswer>> AskAsync(
        string operation, HttpMethod method, Uri address, JsonObject? body, CancellationToken cancellationToken, string? tag = null)
    {
        string? rejected = null;
        while (true)
        {
            if (await WaitAsync(operation, cancellationToken) is { } early)
                return early;
            var token = await tokens.GetAsync(context, rejected, microsoft.RefreshAsync, cancellationToken);
            if (!token.Ok)
                return token.Fault;
            using var message = Message(method, address);
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
            if (tag is not null)
                _ = message.Headers.TryAddWithoutValidation("If-Match", tag);
            if (body is not null)
            {
                message.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body));
                message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            }
            else if (method == HttpMethod.Put)
            {
                // The content of an empty file.
                message.Content = new ByteArrayContent([]);
            }

            var began = time.GetTimestamp();
            var answer = Learned(operation, await http.AskAsync(message, cancellationToken), began, session: false);
            if (answer.Value is not { Status: HttpStatusCode.Unauthorized } || rejected is not null)
                return answer;
            rejected = token.Value;
        }
    }

    /// <summary>Sends a short request to the address of an upload.</summary>
    public async Task<Outcome<ShortAnswer>> SessionAsync(
        string operation, HttpMethod method, string address, CancellationToken cancellationToken)
    {
        using var message = Message(method, new Uri(address));
        var began = time.GetTimestamp();
        return Learned(operation, await http.AskAsync(message, cancellationToken), began, session: true);
    }

    /// <summary>Sends a piece to the address of an upload.</summary>
    public async Task<Outcome<ShortAnswer>> SendPieceAsync(
        string address, long offset, long total, IPiece piece, CancellationToken cancellationToken)
    {
        if (await WaitAsync("upload.put", cancellationToken) is { } early)
            return early;
        using var message = Message(HttpMethod.Put, new Uri(address));
        message.Content = new PieceContent(piece);
        message.Content.Headers.ContentRange = new ContentRangeHeaderValue(offset, offset + piece.Length - 1, total);
        var began = time.GetTimestamp();
        var answer = await http.SendAsync(message, cancellationToken);
        if (!answer.Ok)
            return Learned("upload.put", answer.Fault, began, session: true);
        using var response = answer.Value;
        return Learned("upload.put", await ReadAsync(response, cancellationToken), began, session: true);
    }

    /// <summary>
    /// Opens the address of a download. The caller disposes the response, which is content; every other response is a fault.
    /// </summary>
    public async Task<Outcome<HttpResponseMessage>> DownloadAsync(
        string address, RangeHeaderValue range, CancellationToken cancellationToken)
    {
        if (await WaitAsync("download", cancellationToken) is { } early)
            return early;
        for (var redirects = 0; ; redirects++)
        {
            using var message = Message(HttpMethod.Get, new Uri(address));
            message.Headers.Range = range;
            var began = time.GetTimestamp();
            var answer = await http.SendAsync(message, cancellationToken);
            if (!answer.Ok)
            {
                Record("download", null, began, null, answer.Fault);
                return answer.Fault;
            }

            if (answer.Value.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
            {
                Record("download", answer.Value.StatusCode, began, RequestId(answer.Value.Headers), null);
                return answer;
            }

            using var other = answer.Value;
            if (redirects < MostRedirects && Target(other) is { } target)
            {
                address = target;
                continue;
            }

            var read = Learned("download", await ReadAsync(other, cancellationToken), began, session: false);
            return read.Ok ? DownloadFault(read.Value) : read.Fault;
        }
    }

    public StorageFault FaultOf(ShortAnswer answer, bool session) =>
        GraphFaults.Of(answer.Status, answer.Json(), RetryAfter(answer.Headers, time), session);

    public static StorageFault Unreadable { get; } = new(FaultKind.Transient, "OneDrive sent an answer that cannot be read.");

    /// <summary>Returns the target of a redirect; null if it is not a redirect.</summary>
    public static string? Target(HttpResponseMessage answer) => (int)answer.StatusCode is 301 or 302 or 303 or 307 or 308
        && answer.Headers.Location is { IsAbsoluteUri: true } location ? location.AbsoluteUri : null;

    public static TimeSpan? RetryAfter(HttpResponseHeaders headers, TimeProvider time) => headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        _ => null,
    };

    /// <summary>Returns the fault: such a status means that the address has expired, not that the sign-in has ended.</summary>
    private StorageFault DownloadFault(ShortAnswer answer) =>
        (int)answer.Status is 401 or 403 or 404 or 410
            ? new StorageFault(FaultKind.SessionLost, "The address of a download has expired.")
            : FaultOf(answer, session: false);

    private async Task<StorageFault?> WaitAsync(string operation, CancellationToken cancellationToken)
    {
        // A restore has disabled it, because the original service may still use its sign-in.
        if (context.Connection!.State == ConnectionState.Disabled)
            return new StorageFault(FaultKind.SignIn, "A backup was restored, so the connection has to be signed in again.");
        var wait = pace.Take(Connection, operation, LongestWait);
        if (wait > LongestWait)
            return new StorageFault(FaultKind.Throttled, "OneDrive limits the rate of requests.") { After = wait };
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, time, cancellationToken);
        return null;
    }

    private Outcome<ShortAnswer> Learned(string operation, Outcome<ShortAnswer> answer, long began, bool session)
    {
        if (answer.Value is not { } read)
        {
            Record(operation, null, began, null, answer.Fault);
            return answer;
        }

        pace.Learn(Connection, read.Status, read.Headers, RetryAfter(read.Headers, time));
        var redirects = (int)read.Status is >= 300 and <= 399;
        // A free name is not a failure.
        var isFree = operation == FindName && read.Status == HttpStatusCode.NotFound;
        var fault = read.Succeeded || redirects || isFree ? null : FaultOf(read, session);
        Record(operation, read.Status, began, RequestId(read.Headers), fault);
        return answer;
    }

    private static async Task<Outcome<ShortAnswer>> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectorHttp.ReadAsync(answer, cancellationToken);
        }
        catch (Exception reason) when (NetworkFaults.Of(reason) is { } fault)
        {
            return fault;
        }
    }

    private static HttpRequestMessage Message(HttpMethod method, Uri address)
    {
        var message = new HttpRequestMessage(method, address);
        // The form in which Microsoft asks applications to name themselves, and by which it throttles less.
        _ = message.Headers.TryAddWithoutValidation("User-Agent", "NONISV|ChunkUpload|ChunkUpload/1.0");
        return message;
    }

    private static string? RequestId(HttpResponseHeaders headers) =>
        headers.TryGetValues("request-id", out var ids) || headers.TryGetValues("SPRequestGuid", out ids) ? ids.First() : null;

    private void Record(string operation, HttpStatusCode? status, long began, string? requestId, StorageFault? fault) =>
        context.Calls.Add(new StorageCall(operation, (int?)status, time.GetElapsedTime(began), requestId, fault?.Kind));
}

/// <summary>JSON as an object, for <see cref="Outcome{T}"/>.</summary>
internal sealed record GraphJson(JsonElement Json);
