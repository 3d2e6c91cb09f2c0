using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Http;

/// <summary>One request and its answer. Failures are <see cref="TransferException"/>s with their class.</summary>
/// <param name="http">The program's own client; null: <paramref name="own"/> is used.</param>
/// <param name="other">What is called, if it is another computer than the service, such as "laptop at 192.168.1.5:7443".</param>
internal sealed class ServiceCalls(
    HttpClient? http, Connections? own, ServiceAddress address, ChunkUploadClientOptions options, TimeProvider time, string? other = null)
{
    private const int MostAnswerBytes = 16 << 20;
    private const int MostDoublings = 6;

    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(5);

    private readonly string _agent = UserAgent(options.Product);
    private readonly VersionChoice _versions = new(VersionChoice.CanQuic(address.Base), time);
    private volatile bool _hasAnswered;
    private volatile int _hung;
    private double _rate;
    private volatile bool _knowsVersion;
    private volatile string? _cookie;

    public ServiceAddress Address { get; } = address;

    /// <summary>The connections, if they are the client's own.</summary>
    public Connections? Own { get; } = own;

    /// <summary>The bandwidths that hold for all requests.</summary>
    public IReadOnlyList<BandwidthLimit> Limits => options.Bandwidth;

    /// <summary>Gets a value that indicates whether the service has ever answered; if not, its address may be wrong.</summary>
    public bool HasAnswered => _hasAnswered;

    /// <summary>
    /// How long a request without content may hang before it is repeated over another connection. It grows as long as they hang: then the
    /// service is slow, or the network away.
    /// </summary>
    public TimeSpan Patience
    {
        get
        {
            var patience = FirstPatience * (1 << Math.Min(_hung, MostDoublings));
            return patience < options.StallTimeout ? patience : options.StallTimeout;
        }
    }

    /// <summary>Bytes per second of the last content that was sent; 0 before.</summary>
    public double Rate
    {
        get => Volatile.Read(ref _rate);
        set => Volatile.Write(ref _rate, value);
    }

    public static string UserAgent(string? product)
    {
        var own = $"ChunkUpload.Client/{typeof(ServiceCalls).Assembly.GetName().Version?.ToString(3)}";
        return product is null ? own : $"{product} {own}";
    }

    public HttpRequestMessage Request(HttpMethod method, string path, params ReadOnlySpan<(string Name, string? Value)> headers)
    {
        var request = new HttpRequestMessage(method, Address.Resolve(path));
        // A relative or absolute address of another host must not see the key.
        if (options.Key is { } key && !Address.IsLink && SameOrigin(request.RequestUri!))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (_cookie is { } cookie && SameOrigin(request.RequestUri!))
            _ = request.Headers.TryAddWithoutValidation("Cookie", cookie);
        _ = request.Headers.TryAddWithoutValidation("User-Agent", _agent);
        if (!_knowsVersion)
            _ = request.Headers.TryAddWithoutValidation(ServiceHeaders.Version, ProgramVersions.Text(ProgramVersions.Own));
        foreach (var (name, value) in headers)
        {
            if (value is not null)
                _ = request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    public HttpRequestMessage Json<T>(
        HttpMethod method, string path, T body, JsonTypeInfo<T> type, params ReadOnlySpan<(string Name, string? Value)> headers)
    {
        var request = Request(method, path, headers);
        request.Content = new MemoryContent(JsonSerializer.SerializeToUtf8Bytes(body, type), "application/json");
        return request;
    }

    /// <summary>Enters the password of the link. Later requests have the cookie that comes for it.</summary>
    public async Task EnterAsync(string password, CancellationToken stop)
    {
        var body = Json(HttpMethod.Post, "password", new LinkPasswordBody(password), ClientJson.Default.LinkPasswordBody);
        _cookie = (await SendAsync(body, stop)).Header("Set-Cookie")?.Split(';')[0];
    }

    /// <summary>Sends and reads the answer to its end.</summary>
    public async Task<Answer> SendAsync(HttpRequestMessage request, CancellationToken stop, TimeSpan? stall = null)
    {
        // Requests that change nothing may be repeated.
        var isQuestion = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head;
        using var guard = new StallGuard(time, stall ?? (isQuestion ? Patience : options.StallTimeout), stop);
        return await SendAsync(request, guard);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request, TimeSpan stall, SilenceWatch watch, CancellationToken stop)
    {
        using var guard = new StallGuard(time, stall, stop, watch);
        return await SendAsync(request, guard);
    }

    /// <param name="over">Other connections than the current ones.</param>
    public async Task<Answer> SendAsync(HttpRequestMessage request, StallGuard guard, HttpMessageInvoker? over = null)
    {
        using var answer = await OpenAsync(request, guard, over);
        try
        {
            var body = request.Method == HttpMethod.Head ? [] : await ReadAsync(answer, guard);
            return new Answer((int)answer.StatusCode, body, answer.Headers, answer.Content.Headers);
        }
        catch (Exception failure) when (Classify(failure, guard) is { } known)
        {
            throw known;
        }
    }

    public async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken stop, TimeSpan? stall = null)
        where T : class
    {
        var answer = await SendAsync(request, stop, stall);
        return answer.Read(type);
    }

    /// <summary>Sends and returns at the answer's headers; a refusal is read and thrown. The guard stays the caller's.</summary>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, StallGuard guard, HttpMessageInvoker? over = null)
    {
        if (request.Content is GuardedContent content)
        {
            content.Guard = guard;
            content.Limits = Limits;
            content.Patience = guard.Limit * 3 > LeastPatience ? guard.Limit * 3 : LeastPatience;
        }

        if (Own?.IsDisposed == true)
            throw new TransferException(TransferFailure.Refused, "The client was disposed.");
        var current = Own?.Current;
        try
        {
            using (request)
            {
                HttpResponseMessage answer;
                if (http is null)
                {
                    var connections = over ?? current!;
                    _versions.Ask(request, connections);
                    var asked = request.Version;
                    answer = await connections.SendAsync(request, guard.Token);
                    _versions.Take(answer, asked, connections);
                }
                else
                {
                    answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, guard.Token);
                }

                (_hasAnswered, _hung) = (true, 0);
                guard.Moved();
                RefuseRedirect(answer);
                CheckVersion(answer);
                if ((int)answer.StatusCode < 400)
                    return answer;
                using (answer)
                    throw Problems.Of(answer, request.Method == HttpMethod.Head ? [] : await ReadAsync(answer, guard));
            }
        }
        catch (Exception failure) when (Classify(failure, guard) is { } known)
        {
            if (guard.HasStalled && over is null)
            {
                // Others that are open may be as dead.
                _hung++;
                Own?.Leave(current!);
            }

            throw known;
        }
    }

    /// <returns>Null for what is no failure of the network.</returns>
    public TransferException? Classify(Exception failure, StallGuard guard) => failure switch
    {
        OperationCanceledException when guard.IsDead => TransferException.Left("The connection went silent.", failure),
        // Between the choice of the current connections and their use, others took their place.
        ObjectDisposedException => TransferException.Left("The connection was left.", failure),
        OperationCanceledException when guard.HasStalled =>
            TransferException.Network($"Nothing moved for {guard.Limit.TotalSeconds:0} seconds.", failure),
        HttpRequestException { InnerException: AuthenticationException tls } =>
            new TransferException(TransferFailure.Network, $"The connection is not safe: {tls.Message}", failure),
        // A connection that is reset while it is being set up shows as the exception of its socket.
        HttpRequestException or IOException or SocketException => TransferException.Network(Sentence(failure), failure),
        _ => Faults.Of(failure),
    };

    /// <summary>Content and keys go to the address that the user has given, and to no other one.</summary>
    private void RefuseRedirect(HttpResponseMessage answer)
    {
        var to = (int)answer.StatusCode is >= 300 and < 400 and not 304
            ? answer.Headers.Location
            : null;
        if (to is null)
            return;
        to = to.IsAbsoluteUri ? to : new Uri(Address.Base, to);
        using (answer)
        {
            throw new TransferException(
                TransferFailure.Refused,
                $"{Address.Base.Authority} redirects to {to.GetLeftPart(UriPartial.Authority)}, where nothing is sent. If that is the "
                + "service, give its address.")
            {
                Code = ClientCodes.Redirected,
                Status = (int)answer.StatusCode,
            };
        }
    }

    /// <summary>A service that names no version is older, or another one of tus: what it cannot do, it refuses itself.</summary>
    private void CheckVersion(HttpResponseMessage answer)
    {
        if (_knowsVersion)
            return;
        var version = ProgramVersions.Read(
            answer.Headers.TryGetValues(ServiceHeaders.Version, out var named) ? string.Join(',', named) : null);
        if (version is not null && version < ProgramVersions.OldestService)
        {
            using (answer)
            {
                throw new TransferException(
                    TransferFailure.Refused,
                    $"This client ({ProgramVersions.Text(ProgramVersions.Own)}) needs a service of version "
                    + $"{ProgramVersions.Text(ProgramVersions.OldestService)} or newer; the one at {Address.Base.Authority} is ChunkUpload "
                    + $"{ProgramVersions.Text(version)}. Update the service, or use an older client.")
                {
                    Code = ClientCodes.ServiceNotSupported,
                };
            }
        }

        _knowsVersion = version is not null || (int)answer.StatusCode < 400;
    }

    private string Sentence(Exception failure) => failure switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "The name of the service is not known.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } or SocketException =>
            $"No connection to {other ?? "the service"}.",
        _ when other is not null => $"The connection to {other} broke.",
        _ => "The connection broke.",
    };

    private async Task<byte[]> ReadAsync(HttpResponseMessage answer, StallGuard guard)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(guard.Token);
        using var bytes = new MemoryStream();
        var block = new byte[16 << 10];
        while (await body.ReadAsync(block, guard.Token) is > 0 and var read)
        {
            guard.Moved();
            await guard.TakeAsync(Limits, read, guard.Token);
            if (bytes.Length + read > MostAnswerBytes)
                throw TransferException.Invalid("The answer is longer than any of the service.");
            bytes.Write(block, 0, read);
        }

        return bytes.ToArray();
    }

    private bool SameOrigin(Uri address) =>
        address.Scheme == Address.Base.Scheme && address.Host == Address.Base.Host && address.Port == Address.Base.Port;
}
