using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Nodes;

/// <summary>
/// Signed requests to one node over TLS, which shows the certificate that the ledger has the digest of. Whatever fails is
/// <see cref="StoreError.Unreachable"/>. After a failed connection, requests fail at once for a second, so that a node that is cut off does
/// not make each of them wait.
/// </summary>
internal sealed class NodeClient : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ForwardTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RestAfterFailure = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http;
    private readonly NodeSignature _signature;
    private readonly TimeProvider _time;
    private readonly string _name;
    private long _failedAt;

    public NodeClient(Node node, NodeSignature signature, TimeProvider time)
    {
        _signature = signature;
        _time = time;
        _name = node.Name;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionIdleTimeout = Idle,
            SslOptions = new SslClientAuthenticationOptions
            {
                // Only the digest counts: names and dates of the certificate say nothing.
                RemoteCertificateValidationCallback = (_, shown, _, _) =>
                    shown is not null && shown.GetCertHash(HashAlgorithmName.SHA256).AsSpan().SequenceEqual(node.Fingerprint),
            },
        };
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://{node.Address}"),
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version11,
        };
    }

    /// <summary>Sends a request and waits for the head of the answer on this thread.</summary>
    /// <exception cref="StoreException">The node does not answer, or refuses.</exception>
    public HttpResponseMessage Send(HttpMethod method, string path)
    {
        using var waiting = new CancellationTokenSource(AnswerTimeout, _time);
        try
        {
            RequireRested();
            using var request = RequestFor(method, path, null, null);
            return Checked(_http.Send(request, HttpCompletionOption.ResponseHeadersRead, waiting.Token));
        }
        catch (Exception reason) when (IsFailure(reason))
        {
            throw Failed(reason);
        }
    }

    /// <summary>Sends a request and waits for the head of the answer.</summary>
    /// <exception cref="StoreException">The node does not answer, or refuses.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, RangeHeaderValue? range, byte[]? body, CancellationToken cancellationToken,
        TimeSpan? patience = null)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(patience ?? AnswerTimeout);
        try
        {
            RequireRested();
            using var request = RequestFor(method, path, range, body);
            return Checked(await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, waiting.Token));
        }
        catch (Exception reason) when (IsFailure(reason) && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(reason);
        }
    }

    /// <summary>Has the node answer a request of a client, and waits for the head of the answer, which may be any.</summary>
    /// <exception cref="StoreException">The node does not answer.</exception>
    public async Task<HttpResponseMessage> ForwardAsync(byte[] request, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(ForwardTimeout);
        try
        {
            RequireRested();
            using var message = RequestFor(HttpMethod.Post, NodeRequests.Forwarded, null, request);
            var answer = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, waiting.Token);
            return answer.Headers.Contains(NodeSignature.Header) ? answer : Checked(answer);
        }
        catch (Exception reason) when (IsFailure(reason) && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(reason);
        }
    }

    /// <summary>The failure of a read for this reason.</summary>
    public StoreException Failed(Exception reason)
    {
        if (reason is StoreException known)
            return known;
        var error = (reason as HttpRequestException)?.HttpRequestError;
        if (reason is OperationCanceledException || error is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError)
        {
            Volatile.Write(ref _failedAt, _time.GetTimestamp());
        }

        return new StoreException(StoreError.Unreachable, $"the node {_name} does not answer ({reason.Message.TrimEnd('.')}).", reason);
    }

    public static bool IsFailure(Exception reason) =>
        // The handler lets a SocketException through where a connection is reset as soon as it is made.
        reason is HttpRequestException or IOException or SocketException or OperationCanceledException or StoreException
            or ObjectDisposedException;

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage RequestFor(HttpMethod method, string path, RangeHeaderValue? range, byte[]? body)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Range = range;
        request.Headers.Add(NodeSignature.Header, _signature.Sign(method.Method, path, body));
        if (body is not null)
            request.Content = new ByteArrayContent(body);
        return request;
    }

    private HttpResponseMessage Checked(HttpResponseMessage answer)
    {
        if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
            return answer;
        var status = (int)answer.StatusCode;
        answer.Dispose();
        throw new StoreException(StoreError.Unreachable, $"the node {_name} answered {status}.");
    }

    private void RequireRested()
    {
        var failedAt = Volatile.Read(ref _failedAt);
        if (failedAt != 0 && _time.GetElapsedTime(failedAt) < RestAfterFailure)
            throw new StoreException(StoreError.Unreachable, $"the node {_name} did not answer a moment ago.");
    }
}
