using System.Text;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Api.Resumable.Wire;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Resumable.Interim;

/// <summary>
/// Sends 104 (Upload Resumption Supported) responses to the client of one request, if it supports them (R2, R44): first the upload's
/// address, then the durable offset. Other clients get the same information from HEAD.
/// </summary>
internal sealed class InterimResponses
{
    private readonly HttpContext _context;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly Dialect _dialect;
    private ConnectionOutput? _output;
    private long _toldAt;
    private long _told = -1;

    private InterimResponses(HttpContext context, Dialect dialect, ConnectionOutput? output, TimeSpan interval, TimeProvider time)
    {
        (_context, _dialect, _output, _interval, _time) = (context, dialect, output, interval, time);
        _toldAt = time.GetTimestamp();
    }

    /// <summary>Whether the client has received the upload's address.</summary>
    public bool Located { get; private set; }

    /// <summary>The callback after each checkpoint; null if the client gets no progress.</summary>
    public Func<long, ValueTask>? Progress => _output is not null && _dialect.TellsProgress ? TellOffsetAsync : null;

    public static InterimResponses To(HttpContext context, Dialect dialect, ResumableOptions options, TimeProvider time)
    {
        var output = CanTake(context.Request, dialect, options) ? context.Features.Get<ConnectionOutput>() : null;
        return new InterimResponses(context, dialect, output, options.ProgressInterval, time);
    }

    /// <summary>Sends the address right after the upload is created, before its first byte is read (R40).</summary>
    public async Task TellAddressAsync(string location, string limit)
    {
        if (_output is not null)
            Located = await SendAsync($"{HeaderNames.Location}: {location}\r\n{ResumableHeaders.UploadLimit}: {limit}\r\n");
    }

    private async ValueTask TellOffsetAsync(long offset)
    {
        if (_output is null || offset <= _told || _time.GetElapsedTime(_toldAt) < _interval)
            return;
        (_told, _toldAt) = (offset, _time.GetTimestamp());
        _ = await SendAsync($"{ResumableHeaders.UploadOffset}: {ItemField.Write(offset)}\r\n");
    }

    private async Task<bool> SendAsync(string fields)
    {
        if (_output is not { } output || _context.Response.HasStarted || _context.RequestAborted.IsCancellationRequested)
            return false;
        var version = _dialect.IsDraft ? $"{ResumableHeaders.InteropVersion}: {_dialect.Number}\r\n" : "";
        var bytes = Encoding.ASCII.GetBytes($"HTTP/1.1 104 Upload Resumption Supported\r\n{version}{fields}\r\n");
        try
        {
            return await output.TrySendAsync(bytes);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The connection is closed; reading the body reports that.
            _output = null;
            return false;
        }
    }

    private static bool CanTake(HttpRequest request, Dialect dialect, ResumableOptions options) =>
        HttpProtocol.IsHttp11(request.Protocol)
        && dialect.IsDraft
        && options.InterimResponses switch
        {
            InterimMode.Always => true,
            InterimMode.Direct => request.HttpContext.Features.Get<ProxiedRequest>() is null && !ShowsProxy(request.Headers),
            _ => false,
        };

    // Detects proxies that are not configured, too.
    private static bool ShowsProxy(IHeaderDictionary headers) =>
        headers.Via.Count > 0 || headers.ContainsKey("Forwarded") || headers.ContainsKey("X-Forwarded-For")
            || headers.ContainsKey("X-Forwarded-Proto")
        || headers.ContainsKey("X-Real-IP");
}
