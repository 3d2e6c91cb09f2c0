using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.Web;

/// <summary>
/// Requests one address and follows redirects. Each connection is checked like the first one, and a user name and password in the address
/// are only sent to its own origin.
/// </summary>
internal sealed class WebRequests(WebAddress address, ConnectorHttp http, ICallLog calls, TimeProvider time)
{
    private const int MostRedirects = 10;

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    // The target of a redirect. It is used first as long as it works, so that redirects are not followed for every piece.
    private Uri? _ledTo;

    public string Host => address.Location.Host;

    /// <summary>Returns a response of status 200, 206, 412 or 416, whose body is not read yet. The caller disposes it.</summary>
    public async Task<Outcome<HttpResponseMessage>> GetAsync(
        string operation, RangeHeaderValue? range, RangeConditionHeaderValue? ifRange, CancellationToken cancellationToken)
    {
        var at = _ledTo ?? address.Location;
        for (var redirects = 0; ;)
        {
            using var message = Message(at, range, ifRange);
            var began = time.GetTimestamp();
            var sent = await SendAsync(message, cancellationToken);
            if (!sent.Ok)
            {
                Record(operation, null, began, sent.Fault.Kind);
                _ledTo = null;
                return sent.Fault;
            }

            var answer = sent.Value;
            var status = (int)answer.StatusCode;
            if (status is 200 or 206 or 412 or 416)
            {
                Record(operation, status, began, null);
                _ledTo = at == address.Location ? null : at;
                return answer;
            }

            using (answer)
            {
                if (status is 301 or 302 or 303 or 307 or 308)
                {
                    Record(operation, status, began, null);
                    if (++redirects > MostRedirects)
                        return new StorageFault(FaultKind.Refused, $"{Host} redirects too often.");
                    if (Next(at, answer) is not { } next)
                        return new StorageFault(FaultKind.Refused, $"{Host} redirects to an address that is not http or https.");
                    at = next;
                    continue;
                }

                var fault = FaultOf(at.Host, answer);
                Record(operation, status, began, fault.Kind);
                // The target of a redirect may be valid for minutes only.
                if (_ledTo is null || at != _ledTo || status is not (401 or 403 or 404 or 410))
                    return fault;
                (_ledTo, at) = (null, address.Location);
            }
        }
    }

    private HttpRequestMessage Message(Uri at, RangeHeaderValue? range, RangeConditionHeaderValue? ifRange)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, at);
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("ChunkUpload", null));
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
        // Ranges and digests refer to the encoded bytes, so no coding is accepted.
        message.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        _ = message.Headers.TryAddWithoutValidation("Want-Repr-Digest", "sha-256=10");
        message.Headers.Range = range;
        message.Headers.IfRange = ifRange;
        if (address.Credentials is { } credentials && address.IsOrigin(at))
        {
            message.Headers.Authorization =
                new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        }

        return message;
    }

    /// <summary>Sends the request and waits for the headers of the response; its body may take long.</summary>
    private async Task<Outcome<HttpResponseMessage>> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var host = message.RequestUri!.Host;
        try
        {
            return await http.RawAsync(message, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new StorageFault(FaultKind.Transient, $"{host} did not answer in time.");
        }
        catch (HttpRequestException reason) when (IsUnknown(reason))
        {
            return new StorageFault(FaultKind.Gone, $"There is no host {host}.");
        }
        catch (HttpRequestException reason) when (reason.InnerException is AuthenticationException)
        {
            return new StorageFault(FaultKind.Refused, $"The certificate of {host} is not valid.");
        }
        catch (HttpRequestException reason) when (reason is OwnNetworkException || reason.InnerException is OwnNetworkException)
        {
            return new StorageFault(
                FaultKind.Refused, $"{host} is in the service's own network, which Connections:AllowPrivateNetworks forbids.");
        }
        catch (Exception reason) when (NetworkFaults.Of(reason) is { } fault)
        {
            return fault with { Sentence = $"{host}: {fault.Sentence}" };
        }
    }

    private static bool IsUnknown(HttpRequestException reason) =>
        reason.InnerException is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData };

    private static Uri? Next(Uri at, HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("Location", out var values))
            return null;
        var text = WebHeaders.Utf8(values.First().Trim());
        if (text.IndexOf("://", StringComparison.Ordinal) is > 0 and var colon && colon < text.IndexOfAny(['/', '?', '#']))
            return WebAddress.Read(text);
        return Uri.TryCreate(at.OriginalString, UriKind.Absolute, out var from) && Uri.TryCreate(from, text, out var next)
            ? WebAddress.Read(next.AbsoluteUri)
            : null;
    }

    private StorageFault FaultOf(string host, HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        TimeSpan? after = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
            _ => null,
        };
        after = after > LongestPause ? LongestPause : after;
        return status switch
        {
            401 or 403 or 407 => new StorageFault(
                FaultKind.Refused, $"{host} does not give it to us (status {status}). Signed addresses end after some time."),
            404 or 410 => new StorageFault(FaultKind.Gone, $"{host} has no such file (status {status})."),
            429 => new StorageFault(FaultKind.Throttled, $"{host} limits the rate of requests."),
            503 when after is not null => new StorageFault(FaultKind.Throttled, $"{host} asks clients to wait."),
            408 or >= 500 => new StorageFault(FaultKind.Transient, $"{host} failed with status {status}."),
            _ => new StorageFault(FaultKind.Refused, $"{host} answers with status {status}, not with a file."),
        } with
        { After = after };
    }

    private void Record(string operation, int? status, long began, FaultKind? fault) =>
        calls.Add(new StorageCall(operation, status, time.GetElapsedTime(began), null, fault));
}
