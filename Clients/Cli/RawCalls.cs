using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using ChunkUpload.Client;
using ChunkUpload.Wire;

namespace ChunkUpload.Cli;

/// <summary>An answer, whatever it says.</summary>
internal sealed record RawAnswer(int Status, HttpResponseHeaders Headers, byte[] Body)
{
    public bool IsGood => Status is >= 200 and < 300;

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    /// <summary>The service's code; null where something before it has answered.</summary>
    public string? Code => Header(ServiceHeaders.ErrorCode);

    /// <summary>A field of the answer's object, or null.</summary>
    public JsonElement? Field(string name)
    {
        try
        {
            var root = JsonDocument.Parse(Body).RootElement;
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) ? value.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A refusal as a failure with its class.</summary>
    public TransferException Failure() => new(
        Status switch
        {
            401 or 403 => TransferFailure.Authentication,
            404 => TransferFailure.NotFound,
            413 or 507 => TransferFailure.Quota,
            429 or >= 500 => TransferFailure.Server,
            _ => TransferFailure.Refused,
        },
        Field("detail")?.GetString() ?? $"The service answered with {Status}.")
    {
        Code = Code,
        Status = Status,
    };
}

/// <summary>Requests without the retries of the library: cu doctor looks for failures, and cu admin repeats no change.</summary>
internal sealed class RawCalls : IDisposable
{
    // The answer to a request that only asks whether its body would be taken.
    private static readonly TimeSpan ExpectPatience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(15),
        Expect100ContinueTimeout = ExpectPatience,
        UseCookies = false,
        AllowAutoRedirect = false,
    })
    {
        Timeout = TimeSpan.FromMinutes(2),
        DefaultRequestVersion = HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly Uri _base;

    public RawCalls(Target target)
    {
        _base = new Uri(target.Url.AbsoluteUri.TrimEnd('/') + "/");
        _ = _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", $"cu/{Target.Version}");
        if (target.Key is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", target.Key);
    }

    public void Dispose() => _http.Dispose();

    public async Task<RawAnswer> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken stop, params (string Name, string Value)[] headers)
    {
        using var answer = await OpenAsync(method, path, content, stop, headers);
        try
        {
            return new RawAnswer((int)answer.StatusCode, answer.Headers, await answer.Content.ReadAsByteArrayAsync(stop));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw Broken(failure);
        }
    }

    /// <summary>Returns at the answer's headers.</summary>
    public async Task<HttpResponseMessage> OpenAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken stop, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(_base, path)) { Content = content };
        foreach (var (name, value) in headers)
            _ = request.Headers.TryAddWithoutValidation(name, value);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException
            || (failure is TaskCanceledException && !stop.IsCancellationRequested))
        {
            throw Broken(failure);
        }
    }

    private static TransferException Broken(Exception failure) => new(
        TransferFailure.Network,
        failure is TaskCanceledException ? "No answer came." : failure.InnerException?.Message ?? failure.Message, failure)
    {
        IsTransient = true,
    };
}
