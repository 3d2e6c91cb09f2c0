using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Core.Hooks;
using ChunkUpload.Infrastructure.Outbound;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Hooks;

/// <summary>
/// Sends requests to addresses that users have chosen, over <see cref="OutboundHandler"/>, and reads only the beginning of a response.
/// </summary>
internal sealed class HookSender : IHookSender, IDisposable
{
    private readonly WebhookOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _public;
    private readonly HttpMessageInvoker _any;

    public HookSender(IOptions<WebhookOptions> options, TimeProvider time)
    {
        _options = options.Value;
        _time = time;
        _public = new HttpMessageInvoker(OutboundHandler.Create(anywhere: false));
        _any = new HttpMessageInvoker(OutboundHandler.Create(anywhere: true));
    }

    public string? Fault(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return HookFaults.NotAnAddress;
        try
        {
            _ = address.IdnHost;
        }
        catch (UriFormatException)
        {
            return HookFaults.NoSuchHost;
        }

        if (address.UserInfo.Length > 0 || address.Fragment.Length > 0)
            return HookFaults.HasCredentials;
        return !_options.AllowPrivateNetworks
            && IPAddress.TryParse(address.DnsSafeHost, out var literal) && !OutboundAddresses.IsPublic(literal)
            ? HookFaults.InOwnNetwork
            : null;
    }

    public async Task<HookAnswer> SendAsync(HookRequest request, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        using var limit = new CancellationTokenSource(request.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var message = Message(request);
            using var answer = await (request.AllowPrivateNetworks ? _any : _public).SendAsync(message, either.Token);
            var body = await BeginningAsync(answer.Content, request.MostAnswer, either.Token);
            var error = (int)answer.StatusCode is >= 300 and <= 399 ? HookFaults.Redirects : null;
            return new HookAnswer((int)answer.StatusCode, body, error, _time.GetElapsedTime(began));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Failed(HookFaults.TooLate(request.Timeout));
        }
        catch (Exception reason) when (reason is not OperationCanceledException)
        {
            return Failed(Sentence(reason));
        }

        HookAnswer Failed(string error) => new(null, null, error, _time.GetElapsedTime(began));
    }

    public void Dispose()
    {
        _public.Dispose();
        _any.Dispose();
    }

    private static HttpRequestMessage Message(HookRequest request)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, request.Url) { Content = new ByteArrayContent(request.Body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("ChunkUpload", null));
        foreach (var (name, value) in request.Headers)
            message.Headers.Add(name, value);
        return message;
    }

    private static async Task<string> BeginningAsync(HttpContent content, int most, CancellationToken cancellationToken)
    {
        var bytes = new byte[most];
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var read = await stream.ReadAtLeastAsync(bytes, most, throwOnEndOfStream: false, cancellationToken);
        // PostgreSQL's text cannot contain NUL.
        return Encoding.UTF8.GetString(bytes, 0, read).Replace('\0', '\uFFFD');
    }

    private static string Sentence(Exception reason) => reason switch
    {
        OwnNetworkException or { InnerException: OwnNetworkException } => HookFaults.InOwnNetwork,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => HookFaults.UnknownName,
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => HookFaults.NotSecure,
        { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } } or
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            HookFaults.UnknownName,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => HookFaults.NoConnection,
        _ => HookFaults.BrokeOff,
    };
}
