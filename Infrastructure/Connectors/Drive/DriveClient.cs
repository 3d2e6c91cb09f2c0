using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connections;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>Sends requests to Drive with the token of one connection, records them, and maps failures to faults.</summary>
internal sealed class DriveClient(
    ConnectorHttp http, DriveOptions options, AccessTokens tokens, GoogleTokens google, DrivePace pace, ConnectorContext context,
    TimeProvider time)
{
    private string Base => options.ApiUrl.TrimEnd('/');

    private Guid Connection => context.Connection!.Id;

    public Uri Files(string path = "", params ReadOnlySpan<(string Name, string Value)> query) => Address("/drive/v3/files" + path, query);

    public Uri Address(string path, params ReadOnlySpan<(string Name, string Value)> query)
    {
        var text = new StringBuilder(Base).Append(path);
        var mark = '?';
        foreach (var (name, value) in query)
        {
            // A parameter without a value is left out.
            if (value.Length == 0)
                continue;
            _ = text.Append(mark).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            mark = '&';
        }

        return new Uri(text.ToString());
    }

    /// <summary>Sends a request with a JSON response.</summary>
    public Task<Outcome<JsonBox>> JsonAsync(string operation, HttpMethod method, Uri address, CancellationToken cancellationToken) =>
        JsonAsync(operation, method, address, null, cancellationToken);

    public async Task<Outcome<JsonBox>> JsonAsync(
        string operation, HttpMethod method, Uri address, byte[]? body, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(operation, () => Message(method, address, body), withToken: true, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        if (!answer.Value.Succeeded)
            return FaultOf(answer.Value, session: false);
        return answer.Value.Json() is { } json
            ? new JsonBox(json)
            : answer.Value.Body.Length == 0
                ? new JsonBox(ShortAnswer.Nothing)
                : new StorageFault(FaultKind.Transient, "Google Drive sent an answer that cannot be read.");
    }

    /// <summary>Sends a request with a short response of any status.</summary>
    /// <param name="withToken">Whether to send the token. Upload sessions need none, because their address is the credential.</param>
    public async Task<Outcome<ShortAnswer>> AskAsync(
        string operation, Func<HttpRequestMessage> make, bool withToken, CancellationToken cancellationToken)
    {
        string? rejected = null;
        while (true)
        {
            if (await pace.WaitAsync(Connection, operation, cancellationToken) is { } early)
                return early;
            using var message = make();
            if (withToken)
            {
                var token = await TokenAsync(rejected, cancellationToken);
                if (!token.Ok)
                    return token.Fault;
                message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
            }

            var began = time.GetTimestamp();
            var answer = await http.AskAsync(message, cancellationToken);
            Record(operation, answer.Value?.Status, began, answer.Fault ?? (answer.Value!.Succeeded ? null : SilentFaultOf(answer.Value)));
            if (answer.Value is not { Status: HttpStatusCode.Unauthorized } || !withToken || rejected is not null)
                return answer;
            rejected = message.Headers.Authorization!.Parameter;
        }
    }

    /// <summary>Sends a piece. The bytes cannot be sent twice while they arrive, so the caller must renew a refused token.</summary>
    public async Task<Outcome<ShortAnswer>> SendPieceAsync(
        string operation, HttpRequestMessage message, CancellationToken cancellationToken)
    {
        if (await pace.WaitAsync(Connection, operation, cancellationToken) is { } early)
            return early;
        var began = time.GetTimestamp();
        var answer = await http.SendAsync(message, cancellationToken);
        if (!answer.Ok)
        {
            Record(operation, null, began, answer.Fault);
            return answer.Fault;
        }

        using var response = answer.Value;
        try
        {
            var read = await ConnectorHttp.ReadAsync(response, cancellationToken);
            Record(operation, read.Status, began, read.Succeeded ? null : SilentFaultOf(read));
            return read;
        }
        catch (Exception reason) when (NetworkFaults.Of(reason) is { } fault)
        {
            Record(operation, response.StatusCode, began, fault);
            return fault;
        }
    }

    /// <summary>Sends a request whose response is content. The caller disposes the response.</summary>
    public async Task<Outcome<HttpResponseMessage>> OpenAsync(
        string operation, Uri address, RangeHeaderValue? range, CancellationToken cancellationToken)
    {
        string? rejected = null;
        while (true)
        {
            if (await pace.WaitAsync(Connection, operation, cancellationToken) is { } early)
                return early;
            var token = await TokenAsync(rejected, cancellationToken);
            if (!token.Ok)
                return token.Fault;
            using var message = Message(HttpMethod.Get, address, null);
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
            message.Headers.Range = range;
            var began = time.GetTimestamp();
            var answer = await http.SendAsync(message, cancellationToken);
            if (!answer.Ok || answer.Value.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
            {
                Record(operation, answer.Value?.StatusCode, began, answer.Fault);
                return answer;
            }

            using var refused = answer.Value;
            ShortAnswer read;
            try
            {
                read = await ConnectorHttp.ReadAsync(refused, cancellationToken);
            }
            catch (Exception reason) when (NetworkFaults.Of(reason) is { } fault)
            {
                Record(operation, refused.StatusCode, began, fault);
                return fault;
            }

            var failed = FaultOf(read, session: false);
            Record(operation, read.Status, began, failed);
            if (read.Status != HttpStatusCode.Unauthorized || rejected is not null)
                return failed;
            rejected = token.Value;
        }
    }

    public StorageFault FaultOf(ShortAnswer answer, bool session) =>
        DriveFaults.Of(answer.Status, answer.Json(), RetryAfter(answer.Headers), session);

    public static HttpRequestMessage Message(HttpMethod method, Uri address, byte[]? body)
    {
        var message = new HttpRequestMessage(method, address);
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("ChunkUpload", null));
        if (body is not null)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "UTF-8" };
        }

        return message;
    }

    // A restore has disabled the connection, because the original service may still use its sign-in.
    private async Task<Outcome<string>> TokenAsync(string? rejected, CancellationToken cancellationToken) =>
        context.Connection!.State == ConnectionState.Disabled
            ? new StorageFault(FaultKind.SignIn, "A backup was restored, so the connection has to be signed in again.")
            : await tokens.GetAsync(context, rejected, google.RefreshAsync, cancellationToken);

    private TimeSpan? RetryAfter(HttpResponseHeaders headers) => headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        _ => null,
    };

    // 308 contains the offset of an upload.
    private StorageFault? SilentFaultOf(ShortAnswer answer) =>
        answer.Status == HttpStatusCode.PermanentRedirect ? null : FaultOf(answer, session: false);

    private void Record(string operation, HttpStatusCode? status, long began, StorageFault? fault) =>
        context.Calls.Add(new StorageCall(operation, (int?)status, time.GetElapsedTime(began), null, fault?.Kind));
}

/// <summary>JSON as an object, for <see cref="Outcome{T}"/>.</summary>
internal sealed record JsonBox(JsonElement Json);
